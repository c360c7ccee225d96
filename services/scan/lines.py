"""From a scanner's file to lines: CSV whose header names its columns, or one code a line with the rest said once.

A media type carries what holds for the whole file: `text/plain; step=receiving; site=6901234000009; zone="+08:00"`. Chinese
column names and GB 18030 files are read too, as the country's spreadsheets write them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from email.message import Message

import msgspec

from pedigree.errors import DocumentError, Fault

COLUMNS: dict[str, tuple[str, ...]] = {
    "time": ("eventtime", "时间", "扫描时间"),
    "step": ("bizstep", "业务步骤", "操作"),
    "site": ("readpoint", "location", "gln", "地点"),
    "code": ("epc", "barcode", "条码", "追溯码"),
    "parent": ("container", "箱码", "上级码"),
    "quantity": ("qty", "数量"),
    "uom": ("unit", "单位"),
    "from": ("source", "sender", "发货方"),
    "to": ("destination", "receiver", "收货方"),
    "document": ("bill", "单据号"),
    "document_type": ("bill_type", "单据类型"),
    "disposition": ("状态",),
    "lot": ("batch", "批号"),
    "expiry": ("有效期",),
    "zone": ("时区",),
}
"""Column -> its other names. `code` must be there; everything else may also stand in the media type."""
_NAMES = {other: name for name, others in COLUMNS.items() for other in (name, *others)}
MOST = 200_000
"""Lines of one file."""
_SEPARATORS = ",;\t|"


class Line(msgspec.Struct, frozen=True):
    """One line: where it is in the file, and what its columns say. Empty ones are left out."""

    where: str
    said: dict[str, str]


def read_lines(body: bytes, content_type: str) -> list[Line]:
    """Raises DocumentError for what can't be told apart into lines and columns."""
    media, given = media_of(content_type)
    text = decoded(body)
    lines = list(_csv(text, given) if media == "text/csv" else _plain(text, given))
    if not lines:
        raise DocumentError("there is no line with a code in it", (Fault("line 1", "nothing", "a code"),))
    if len(lines) > MOST:
        raise DocumentError(f"{len(lines)} lines, at most {MOST} are taken at once")
    return lines


def media_of(content_type: str) -> tuple[str, dict[str, str]]:
    """(media type, its parameters that are columns). Raises DocumentError for a parameter that is none."""
    header = Message()
    header["content-type"] = content_type
    given = {}
    for name, value in header.get_params(failobj=[])[1:]:
        column = _NAMES.get(name.lower())
        if column is not None:
            given[column] = str(value)
        elif name.lower() not in ("charset", "header"):
            raise DocumentError(f"{name!r} is no column: there are {', '.join(COLUMNS)}")
    return header.get_content_type(), given


def decoded(body: bytes) -> str:
    """UTF-8, else GB 18030. Raises DocumentError that names the line."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError as wrong:
            place = wrong.start
    line = body[:place].count(b"\n") + 1
    fault = Fault(f"line {line}", "bytes that are no text", "UTF-8 or GB 18030")
    raise DocumentError("the text is in no known encoding", (fault,))


def _plain(text: str, given: Mapping[str, str]) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        code = line.strip(" \t\r")  # a separator inside an element string (GS, 0x1D) belongs to the code
        if code and not code.startswith("#"):
            yield Line(f"line {number}", {**given, "code": code})


def _csv(text: str, given: Mapping[str, str]) -> Iterator[Line]:
    head, _, _ = text.partition("\n")
    separator = max(_SEPARATORS, key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = _header(next(rows, []))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(names):
                found = f"{len(row)} columns"
                raise DocumentError("a line is longer than the header", (Fault(f"line {rows.line_num}", found, f"{len(names)}"),))
            said = {name: cell.strip(" \t") for name, cell in zip(names, row, strict=False) if name and cell.strip()}
            yield Line(f"line {rows.line_num}", {**given, **said})
    except csv.Error as broken:
        raise DocumentError(f"line {rows.line_num}: {broken}", (Fault(f"line {rows.line_num}", str(broken), "CSV"),)) from broken


def _header(cells: list[str]) -> list[str]:
    names = [_NAMES.get(cell.strip().lower().replace(" ", "_"), "") for cell in cells]
    faults = [
        Fault(f"line 1, column {place}", cell.strip()[:60] or "nothing", "one of " + ", ".join(COLUMNS))
        for place, (cell, name) in enumerate(zip(cells, names, strict=True), 1)
        if not name
    ]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    faults += [Fault("line 1", f"the column {name} twice", "once") for name in twice]
    if "code" not in names:
        faults.append(Fault("line 1", ", ".join(cell.strip() for cell in cells)[:200] or "nothing", "a column named code"))
    if faults:
        raise DocumentError(f"the header can't be used: {faults[0]}", tuple(faults))
    return names
