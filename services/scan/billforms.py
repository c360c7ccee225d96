"""The forms in which bills of a code platform come, each read into the fields of the upload interface: JSON, the XML that the
scanning terminals of such platforms write (`Events/Event/DataField/Data`, one element a code), and CSV with one code a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from lxml import etree

from pedigree.errors import DocumentError, Fault
from pedigree.wire.limits import Limits
from pedigree.wire.xml_safe import parse_tree
from services.scan.lines import decoded

JSON = "application/vnd.medtrace.code-platform+json"
XML = "application/vnd.medtrace.code-platform+xml"
CSV = "application/vnd.medtrace.code-platform+csv"
_PLAIN = {"application/json": JSON, "application/xml": XML, "text/xml": XML, "text/csv": CSV}
_EVENTS = {
    "ProduceWareHouseIn": 101, "PurchaseWareHouseIn": 102, "ReturnWareHouseIn": 103, "AllocateWareHouseIn": 104,
    "SalesWareHouseOut": 201, "ReturnWareHouseOut": 202, "AllocateWareHouseOut": 203, "DestoryWareHouseOut": 205,
    "DestroyWareHouseOut": 205, "CheckWareHouseOut": 206, "DirectAllocateWareHouseOut": 207,
}  # fmt: skip
"""The terminals' names (one is spelled so) -> kinds of bills."""
_COLUMNS = {
    "bill_code": ("bill_code", "单据号", "单据编号"),
    "bill_time": ("bill_time", "单据时间"),
    "bill_type": ("bill_type", "单据类型"),
    "ref_user_id": ("ref_user_id", "货主企业"),
    "from_user_id": ("from_user_id", "发货企业"),
    "to_user_id": ("to_user_id", "收货企业"),
    "trace_codes": ("trace_code", "trace_codes", "追溯码"),
}
_NEEDED = ("bill_code", "bill_time", "bill_type", "trace_codes")


def media_of_bills(content_type: str) -> str:
    """The content type of bills, where the client has named only their notation; else as it was."""
    media, semicolon, rest = content_type.partition(";")
    return _PLAIN.get(media.strip().lower(), media) + semicolon + rest


def bills_in(body: bytes, media: str) -> list[Any]:
    """Bills as objects with the upload interface's field names, unchecked. Raises DocumentError for a body that can't be read."""
    if media == XML:
        return _xml(body)
    if media == CSV:
        return list(_csv(decoded(body)))
    try:
        root = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
        raise DocumentError(f"the upload is not JSON: {broken}") from broken
    return root if isinstance(root, list) else [root]


def _xml(body: bytes) -> list[Any]:
    """One bill for each order of each event. A bill is made out when its last code has been scanned: that is its time."""
    root = parse_tree(body, Limits())
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for event in root.iter("Event"):
        name = event.get("Name", "")
        for data in event.iter("Data"):
            order, sender, receiver = (data.get(key, "") for key in ("CorpOrderID", "FromCorpID", "ToCorpID"))
            bill = found.setdefault((name, order, sender, receiver), _bill_of(name, order, sender, receiver))
            bill["bill_time"] = max(bill["bill_time"], data.get("ActDate", ""))
            bill["trace_codes"].append(data.get("Code", ""))
    if not found:
        raise DocumentError("no bill in the XML", (Fault(_name(root), "no Event with Data", "Events/Event/DataField/Data"),))
    return list(found.values())


def _bill_of(name: str, order: str, sender: str, receiver: str) -> dict[str, Any]:
    return {
        "bill_type": _EVENTS.get(name, name or "none"), "bill_code": order, "from_user_id": sender, "to_user_id": receiver,
        "bill_time": "", "trace_codes": [],
    }  # fmt: skip


def _name(root: etree._Element) -> str:
    return f"/{root.tag}"[:100]


def _csv(text: str) -> Iterator[dict[str, Any]]:
    """One bill for lines that say the same of it."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [cell.strip().lower() for cell in next(rows, [])]
        places = {name: head.index(one) for name, others in _COLUMNS.items() for one in others if one in head}
        faults = tuple(
            Fault("line 1", ", ".join(head)[:200] or "nothing", f"a column {' or '.join(_COLUMNS[name])}, commas between")
            for name in _NEEDED
            if name not in places
        )
        if faults:
            raise DocumentError(f"the header can't be used: {faults[0]}", faults)
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) < len(head):
                wrong = Fault(f"line {rows.line_num}", f"{len(row)} columns", f"{len(head)}")
                raise DocumentError(f"a line is shorter than the header: {wrong}", (wrong,))
            said = {name: row[place].strip() for name, place in places.items()}
            code = said.pop("trace_codes")
            found.setdefault(tuple(said.values()), {**said, "trace_codes": []})["trace_codes"].append(code)
    except csv.Error as broken:
        raise DocumentError(f"line {rows.line_num}: {broken}", (Fault(f"line {rows.line_num}", str(broken), "CSV"),)) from broken
    yield from found.values()
