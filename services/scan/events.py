"""From lines to EPCIS 2.0 events: lines that say the same of their codes become one event. Nothing is guessed: what a line
lacks is a fault that names line and column."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from pedigree.errors import DocumentError, Fault, IdentifierError
from pedigree.identifiers import Scan, has_valid_check_digit, parse_scan
from pedigree.times import format_time, parse_offset, parse_time
from services.scan.lines import Line
from services.scan.words import ACTIONS, DISPOSITIONS, LEAVING, step_of

LINK = "https://id.gs1.org"


class Group(msgspec.Struct, frozen=True):
    """What the lines of one event have in common."""

    step: str
    time: str
    offset: str
    site: str
    parent: str
    sender: str
    receiver: str
    document: str
    disposition: str
    lot: str
    expiry: str


class Item(msgspec.Struct, frozen=True):
    """One code: of a unit (`epc`), or of a product or lot with a quantity."""

    epc: str
    quantity: float = 0.0
    uom: str = ""


class Read(msgspec.Struct):
    """Events, the lines that each was made of, and the faults of lines that none was made of."""

    events: list[dict[str, Any]] = []
    lines: list[list[str]] = []
    faults: list[Fault] = []


class _Missing(Exception):
    """A line that can't be used."""

    def __init__(self, column: str, found: str, expected: str) -> None:
        self.column, self.found, self.expected = column, found, expected


def events_of(lines: Iterable[Line]) -> Read:
    """In the order of each event's first line. A code that is scanned twice for one event is in it once."""
    groups: dict[Group, tuple[dict[str, Item], list[str]]] = {}
    made = Read()
    for line in lines:
        try:
            group, item = _read(line.said)
        except _Missing as fault:
            made.faults.append(Fault(f"{line.where}, {fault.column}", fault.found[:200] or "nothing", fault.expected))
            continue
        items, places = groups.setdefault(group, ({}, []))
        before = items.get(item.epc)
        if before is not None and item.quantity:
            item = msgspec.structs.replace(item, quantity=before.quantity + item.quantity)
        items[item.epc] = item
        places.append(line.where)
    for group, (items, places) in groups.items():
        made.events.append(_event(group, list(items.values())))
        made.lines.append(places)
    return made


def _read(said: dict[str, str]) -> tuple[Group, Item]:
    step = step_of(said.get("step", ""))
    if not step:
        raise _Missing("step", said.get("step", ""), "a business step such as receiving, shipping, packing")
    time, offset = _time(said)
    scan = _scan("code", said.get("code", ""), time)
    parent = _scan("parent", said["parent"], time).uri if "parent" in said else ""
    if step in ("packing", "unpacking") and not parent:
        raise _Missing("parent", said.get("parent", ""), f"the container's own code: this is {step}")
    making = step == "commissioning"
    group = Group(
        step=step,
        time=time,
        offset=offset,
        site=_site(said),
        parent=parent,
        sender=_gln("from", said["from"]) if "from" in said else "",
        receiver=_gln("to", said["to"]) if "to" in said else "",
        document=_document(said),
        disposition=said.get("disposition", DISPOSITIONS.get(step, "")),
        lot=(said.get("lot") or scan.lot) if making else "",
        expiry=(said.get("expiry") or scan.expiry) if making else "",
    )
    return group, _item(said, scan)


def _time(said: dict[str, str]) -> tuple[str, str]:
    text, zone = said.get("time", ""), said.get("zone", "")
    expected = "a time with its zone such as 2026-09-01T10:00:00+08:00, or the column zone beside it"
    plain = text.replace("/", "-").replace(" ", "T", 1)
    try:
        at = datetime.fromisoformat(plain)
        if at.tzinfo is None:
            parse_offset(zone)
            at = datetime.fromisoformat(f"{at.isoformat()}{zone}")
        milli = parse_time(at.isoformat(timespec="milliseconds"))
        minutes = int(at.utcoffset().total_seconds() // 60)  # type: ignore[union-attr]  # it has a zone by now
    except (ValueError, DocumentError) as wrong:
        raise _Missing("time", f"{text} {zone}".strip(), expected) from wrong
    if zone and parse_offset(zone) != minutes:
        minutes = parse_offset(zone)  # the place's own, where the time itself is written in UTC
    sign = "-" if minutes < 0 else "+"
    return format_time(milli), f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _scan(column: str, text: str, time: str) -> Scan:
    try:
        found = parse_scan(text, year=datetime.fromisoformat(time).astimezone(UTC).year)
    except IdentifierError as wrong:
        raise _Missing(column, text, f"a code that can be read: {wrong}") from wrong
    if "lost_separator" in found.warnings:
        raise _Missing(column, text, "separators (GS) between its fields: without them the serial has no end")
    return found


def _item(said: dict[str, str], scan: Scan) -> Item:
    quantity = _quantity(said)
    if scan.uri:
        return Item(scan.uri)
    if not scan.gtin:
        raise _Missing("code", said["code"], "the code of a unit, a lot or a product")
    if not quantity:
        raise _Missing("quantity", "", "how many: the code has no serial number")
    lot = scan.lot or said.get("lot", "")
    name = f"{LINK}/01/{scan.gtin}/10/{lot}" if lot else f"{LINK}/01/{scan.gtin}"
    return Item(name, quantity, said.get("uom", ""))


def _quantity(said: dict[str, str]) -> float:
    text = said.get("quantity", "")
    try:
        quantity = float(text or 0)
    except ValueError:
        quantity = -1.0
    if not 0 <= quantity < 1e12:  # not-a-number is neither
        raise _Missing("quantity", text, "a number above zero")
    return quantity


def _site(said: dict[str, str]) -> str:
    text = said.get("site", "")
    if text.startswith(("http://", "https://", "urn:", "(414)")):
        found = _scan("site", text, "2026-01-01T00:00:00Z")
        if found.key.kind not in ("sgln", "gln"):
            raise _Missing("site", text, "a GLN")
        return found.key.uri
    gln, _, extension = text.partition(".")
    return f"{LINK}/414/{_gln('site', gln)}" + (f"/254/{extension}" if extension else "")


def _gln(column: str, text: str) -> str:
    if len(text) != 13 or not text.isascii() or not text.isdigit() or not has_valid_check_digit(text):
        raise _Missing(column, text, "a GLN: 13 digits, the last one its check digit")
    return text


def _document(said: dict[str, str]) -> str:
    number = said.get("document", "")
    if not number:
        return ""
    if number.startswith(("urn:", "http://", "https://")):
        return f"{said.get('document_type', '')} {number}"
    gln = said.get("site", "").partition(".")[0]
    return f"{said.get('document_type', '')} urn:epcglobal:cbv:bt:{gln}:{number.replace(' ', '_')}"


def _event(group: Group, items: list[Item]) -> dict[str, Any]:
    units = [one.epc for one in items if not one.quantity]
    amounts = [
        {"epcClass": one.epc, "quantity": one.quantity, **({"uom": one.uom} if one.uom else {})} for one in items if one.quantity
    ]
    made: dict[str, Any] = {
        "type": "AggregationEvent" if group.parent else "ObjectEvent",
        "eventTime": group.time,
        "eventTimeZoneOffset": group.offset,
        "action": ACTIONS.get(group.step, "OBSERVE"),
        "bizStep": group.step,
        "readPoint": {"id": group.site},
    }
    if group.parent:
        made |= {"parentID": group.parent, "childEPCs": units}
    else:
        made["epcList"] = units
    if amounts:
        made["childQuantityList" if group.parent else "quantityList"] = amounts
    if group.disposition:
        made["disposition"] = group.disposition
    if group.step not in LEAVING:
        made["bizLocation"] = {"id": group.site}
    for name, key, party in (("sourceList", "source", group.sender), ("destinationList", "destination", group.receiver)):
        if party:
            made[name] = [{"type": "possessing_party", key: f"{LINK}/417/{party}"}]
    if group.document:
        kind, _, number = group.document.partition(" ")
        made["bizTransactionList"] = [{**({"type": kind} if kind else {}), "bizTransaction": number}]
    ilmd = {"cbvmda:lotNumber": group.lot, "cbvmda:itemExpirationDate": group.expiry}
    if found := {name: value for name, value in ilmd.items() if value}:
        made["ilmd"] = found
    return made

