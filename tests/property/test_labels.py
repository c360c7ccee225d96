"""Whatever is printed reads back as what it names, with any character that a serial or lot may have."""

from __future__ import annotations

import io
from urllib.parse import quote

import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pedigree.identifiers import check_digit, parse_scan
from services.label.make import Label, grid_of, label_of, png, scanned_as, svg

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
BASE = "https://verify.example/t"
text = st.text(SET_82, min_size=1, max_size=20)
digits = st.text("0123456789", min_size=13, max_size=13)


def read(image: bytes) -> zxingcpp.Barcode:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(image)))
    assert len(found) == 1
    return found[0]


def labelled(body: str, serial: str, lot: str, expiry: str) -> Label:
    uri = f"https://id.gs1.org/01/{body}{check_digit(body)}/21/{quote(serial, safe='')}"
    return label_of(uri, BASE, lot=lot, expiry=expiry)


@settings(max_examples=150, deadline=None)
@given(digits, text, st.one_of(st.just(""), text), st.sampled_from(["", "2027-06-30", "2031-02"]))
def test_data_matrix(body: str, serial: str, lot: str, expiry: str) -> None:
    label = labelled(body, serial, lot, expiry)
    found = read(png(grid_of(label, "datamatrix"), 4))
    assert found.symbology_identifier == "]d2"
    assert found.bytes == scanned_as(label).encode()
    scan = parse_scan(f"{found.symbology_identifier}{found.bytes.decode()}")
    # A lot of full length without a separator behind it can't be told from one that has swallowed the next field.
    assert scan.uri == label.uri or label.uri in scan.alternatives


@settings(max_examples=60, deadline=None)
@given(digits, text, st.one_of(st.just(""), text), st.sampled_from(["", "2027-06-30"]))
def test_qr(body: str, serial: str, lot: str, expiry: str) -> None:
    label = labelled(body, serial, lot, expiry)
    found = read(png(grid_of(label, "qr"), 4))
    assert (found.symbology_identifier, found.bytes.decode()) == ("]Q1", label.link)
    scan = parse_scan(label.link)
    assert (scan.uri, scan.serial, scan.lot, scan.expiry) == (label.uri, serial, lot, expiry)


@settings(max_examples=20, deadline=None)
@given(text)
def test_drawing_and_picture_show_the_same(serial: str) -> None:
    grid = grid_of(labelled("0952110100011", serial, "L1", ""), "qr")
    drawn = [[0] * grid.modules for _ in range(grid.modules)]
    for part in svg(grid).split('<path d="')[1].split('"')[0].split("z")[:-1]:
        x, y, width = (int(n) for n in part.replace("M", "").replace("h", " ").split("v")[0].split())
        for i in range(x, x + width):
            drawn[y][i] = 1
    image = Image.open(io.BytesIO(png(grid, 4)))
    assert drawn == [[int(image.getpixel((4 * x + 2, 4 * y + 2)) == 0) for x in range(grid.modules)] for y in range(grid.modules)]
