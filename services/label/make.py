"""Labels: the code of a unit as QR (a Digital Link) or GS1 DataMatrix (an element string), as SVG and PNG.

Both kinds are drawn from one grid of modules, so that quiet zones and pixel sizes are ours: at four pixels a module and with its
quiet zone, every symbol that these functions make reads back.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import qrcode
import zxingcpp
from PIL import Image
from qrcode.exceptions import DataOverflowError

from pedigree.errors import IdentifierError
from pedigree.identifiers import digital_link, element_string, hri, parse_scan
from pedigree.identifiers.dates import gs1_date
from pedigree.identifiers.digitallink import parse_link

Symbol = Literal["qr", "datamatrix"]
QUIET: dict[Symbol, int] = {"qr": 4, "datamatrix": 2}
"""Modules of white on every side: ISO/IEC 18004 wants four; ISO/IEC 16022 wants one, and readers like two."""
MIN_SIZE, MAX_SIZE, DEFAULT_SIZE = 4, 20, 6
"""Pixels a module."""
_LONGEST = 400


class Grid(NamedTuple):
    """The modules of a symbol without quiet zone: rows of 0 and 1, 1 is dark."""

    rows: tuple[bytes, ...]
    quiet: int

    @property
    def modules(self) -> int:
        """Width and height in modules, quiet zone included."""
        return len(self.rows) + 2 * self.quiet


class Label(NamedTuple):
    """What is printed beside and inside one symbol."""

    uri: str
    lot: str
    expiry: str
    hri: str
    """Human readable interpretation: `(01)...(17)...(10)...(21)...`."""
    link: str
    """The Digital Link that the QR code holds."""


def label_of(code: str, base: str, *, lot: str = "", expiry: str = "", year: int = 2026) -> Label:
    """The label of any code that names a GS1 key. Lot and expiry (ISO) are taken from the code where they are not given.

    Raises IdentifierError for a code that can't be read or is of another scheme, a lot that contradicts the code's, no date.
    """
    scan = parse_scan(code, year=year)
    if lot and scan.lot and scan.lot != lot:
        raise IdentifierError(f"the code is of lot {scan.lot}, not {lot[:20]}", field="lot")
    lot, expiry = lot or scan.lot, expiry or scan.expiry
    uri = scan.key.uri
    in_link = lot if scan.gtin else ""  # an SSCC or an asset has no place for a lot in a Digital Link
    return Label(uri, lot, expiry, hri(uri, lot=lot, expiry=expiry), digital_link(uri, base, lot=in_link, expiry=expiry))


def grid_of(label: Label, symbol: Symbol) -> Grid:
    """The symbol's modules. Raises IdentifierError when it would hold more than a label can."""
    return _qr(label.link) if symbol == "qr" else _datamatrix(_bracketed(label), scanned_as(label).encode())


@lru_cache(maxsize=256)
def _qr(text: str) -> Grid:
    """Level M: a sixth of the symbol may be dirty."""
    if len(text) > _LONGEST:
        raise IdentifierError(f"{len(text)} characters are too long for a label", field="code")
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    try:
        code.make(fit=True)
    except DataOverflowError as error:
        raise IdentifierError("the code is too long for a QR code", field="code") from error
    return Grid(tuple(bytes(map(int, row)) for row in code.get_matrix()), QUIET["qr"])


def _bracketed(label: Label) -> str:
    """`[01]...[21]...`, as the encoder wants it: with round brackets, which a serial may contain, it would read `A(10)B` as two
    fields."""
    link = parse_link(label.uri)
    if link is None:
        raise IdentifierError(f"{label.uri[:80]} is no GS1 key", field="code", code="unknown_scheme")
    fields = [(link.ai, link.value)]
    if label.expiry:
        fields.append(("17", gs1_date(label.expiry)))
    lot = [("10", label.lot)] if label.lot and "10" not in link.qualifiers else []
    own = list(link.qualifiers.items())
    fields += [*lot, *own] if link.ai in ("01", "8006") else [*own, *lot]
    return "".join(f"[{ai}]{value}" for ai, value in fields)


@lru_cache(maxsize=256)
def _datamatrix(text: str, expected: bytes) -> Grid:
    """With FNC1 in first position: readers report `]d2`. What the encoder made of the text is compared with what was meant."""
    try:
        # Left alone, the encoder takes the smallest shape, and GS1 knows no 8 x 96.
        made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, forceSquare=True)
        dark = np.asarray(made.to_image(scale=1, add_hrt=False, add_quiet_zones=False)) < 128
    except ValueError as error:
        raise IdentifierError(f"no GS1 DataMatrix can be made of {text[:80]}", field="code") from error
    if made.bytes != expected:
        raise IdentifierError(f"a GS1 DataMatrix of {text[:80]} would read otherwise", field="code")
    return Grid(tuple(row.astype(np.uint8).tobytes() for row in dark), QUIET["datamatrix"])


def svg(grid: Grid, size: int = DEFAULT_SIZE, title: str = "") -> str:
    """`size`: pixels a module at the drawing's own size; it scales without loss. `title` must be plain ASCII."""
    side, quiet = grid.modules, grid.quiet
    path: list[str] = []
    for y, row in enumerate(grid.rows):
        x = 0
        while (x := row.find(1, x)) >= 0:
            end = row.find(0, x)
            end = end if end >= 0 else len(row)
            path.append(f"M{x + quiet} {y + quiet}h{end - x}v1h-{end - x}z")
            x = end
    name = f"<title>{_escaped(title)}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * size}" height="{side * size}" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" role="img">{name}<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path d="{"".join(path)}"/></svg>'
    )


def png(grid: Grid, size: int = DEFAULT_SIZE) -> bytes:
    """A black and white PNG of `modules` x `size` pixels."""
    dark = np.pad(np.array([list(row) for row in grid.rows], dtype=np.uint8), grid.quiet)
    pixels = 255 - 255 * np.kron(dark, np.ones((size, size), dtype=np.uint8))
    out = io.BytesIO()
    Image.fromarray(pixels).convert("1").save(out, "PNG")
    return out.getvalue()


def label_file(
    code: str, base: str, *, symbol: Symbol = "qr", form: Literal["svg", "png"] = "svg", size: int = DEFAULT_SIZE,
    lot: str = "", expiry: str = "", year: int = 2026,
) -> bytes:  # fmt: skip
    """One label as a file: what `medtrace label` and the web address give. `size` is kept between 4 and 20 pixels a module."""
    label = label_of(code, base, lot=lot, expiry=expiry, year=year)
    grid, size = grid_of(label, symbol), max(MIN_SIZE, min(MAX_SIZE, size))
    return svg(grid, size, label.hri).encode() if form == "svg" else png(grid, size)


def scanned_as(label: Label) -> str:
    """What a scanner delivers for the DataMatrix, without its symbology prefix."""
    return element_string(label.uri, lot=label.lot, expiry=label.expiry)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
