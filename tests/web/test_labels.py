"""Labels over HTTP: what comes out is read by a scanner's library, whatever form was asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient

from services.context import EdgeSettings
from services.label import label_router
from tests.contract.graph_builder import GTIN
from tests.web.console_world import World, client

PACK = f"/01/{GTIN}/21/S%2F1"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    world = World(tmp_path)
    world.services.settings = EdgeSettings(base_url="https://id.example", public_burst=1000)
    yield client(world.app(label_router(world.services)))
    world.close()


def read(png: bytes) -> tuple[str, bytes]:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    assert len(found) == 1
    return found[0].symbology_identifier, found[0].bytes


def test_qr_holds_the_digital_link_with_lot_and_expiry(browser: TestClient) -> None:
    answer = browser.get(f"/label{PACK}.png?lot=L1&expiry=2027-06-30&size=4")
    assert answer.headers["content-type"] == "image/png"
    assert read(answer.content) == ("]Q1", f"https://id.example/01/{GTIN}/10/L1/21/S%2F1?17=270630".encode())


@pytest.mark.parametrize("query", ["type=datamatrix", "symbol=datamatrix&format=png"])
def test_data_matrix_holds_the_element_string(browser: TestClient, query: str) -> None:
    path = PACK if "format" in query else f"{PACK}.png"
    answer = browser.get(f"/label{path}?{query}&lot=L1&expiry=2027-06-30")
    assert read(answer.content) == ("]d2", f"01{GTIN}1727063010L1\x1d21S/1".encode())


def test_size_is_pixels_a_module(browser: TestClient) -> None:
    small, large = (Image.open(io.BytesIO(browser.get(f"/label{PACK}.png?size={size}").content)) for size in (4, 12))
    assert large.width == 3 * small.width


def test_svg_by_default(browser: TestClient) -> None:
    answer = browser.get(f"/label{PACK}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
    assert "<script" not in answer.text


def test_a_serial_that_ends_like_a_file(browser: TestClient) -> None:
    answer = browser.get(f"/label/01/{GTIN}/21/A.png?format=png")
    assert read(answer.content)[1].endswith(b"/21/A.png")


def test_an_sscc_and_a_lot(browser: TestClient) -> None:
    sscc = "395210110000000015"
    assert read(browser.get(f"/label/00/{sscc}.png?type=datamatrix").content) == ("]d2", f"00{sscc}".encode())
    assert read(browser.get(f"/label/01/{GTIN}/10/L1.png?type=datamatrix").content) == ("]d2", f"01{GTIN}10L1".encode())


@pytest.mark.parametrize(
    "path",
    [
        "/01/06901234567893/21/1.svg",
        "/01/abc/21/1.svg",
        f"{PACK}.svg?type=aztec",
        f"{PACK}.svg?size=1",
        f"{PACK}.svg?expiry=2027-02-30",
        f"/01/{GTIN}/10/L1/21/1.svg?lot=L2",
        "/sheet",
        "/sheet?codes=nothing",
    ],
)
def test_what_is_no_label_is_refused(browser: TestClient, path: str) -> None:
    answer = browser.get(f"/label{path}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_sheet_for_printing(browser: TestClient) -> None:
    codes = [f"(01){GTIN}(17)270630(10)L<1(21){i}" for i in range(12)]
    answer = browser.get("/label/sheet", params={"codes": "\n".join(codes), "lang": "zh"})
    assert answer.status_code == 200
    assert answer.text.count("<article>") == 12
    assert answer.text.count("<svg") == 24
    assert "(10)L&lt;1" in answer.text
    assert "L<1" not in answer.text
    assert 'lang="zh-CN"' in answer.text
    assert "<script" not in answer.text
    one = browser.get("/label/sheet", params={"codes": codes, "type": "qr"})
    assert one.text.count("<svg") == 12
    assert browser.get("/label/sheet", params={"codes": codes * 6}).status_code == 400
