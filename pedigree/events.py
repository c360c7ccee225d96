"""Typed reading of an EPCIS 2.0 event (the JSON-LD dict of `pedigree.wire`) for the code that judges custody.

Identifiers come out as canonical Digital Link URIs, CBV values as bare words, times as milliseconds UTC. What an event does not
have is an empty string, an empty tuple or None. Events are expected to have been validated (`services.epcis`); what no event may
lack raises DocumentError when it is missing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pedigree.cbv import Kind, bare
from pedigree.errors import DocumentError, Fault
from pedigree.eventhash.values import canonical_key as canonical
from pedigree.times import parse_offset, parse_time

Quantity = tuple[str, float | None, str]
"""(EPC class, quantity or None when not given, unit of measure or '' for pieces)."""
Typed = tuple[str, str]
"""(type as a bare word, value)."""

DATE_ONLY = ("medtrace:dateOnly", "urn:medtrace:dateOnly")
"""Extension that says: only the date of eventTime is meant, as a pharmacy's daily report has it."""


class Declaration(msgspec.Struct, frozen=True):
    """An error declaration (EPCIS 2.0 section 7.4.1.2)."""

    time: int
    """Milliseconds UTC of declarationTime."""
    reason: str
    """Bare word (`did_not_occur`, `incorrect_data`), another URI, or ''."""
    corrective: tuple[str, ...]
    """eventIDs of the events that say it right."""


class EventView(msgspec.Struct, frozen=True):
    """What one event says. See the module for the conventions."""

    type: str
    action: str
    """ADD, OBSERVE, DELETE, or '' for transformations."""
    time: int
    offset_minutes: int
    biz_step: str
    disposition: str
    date_only: bool
    """Its time stands for a day: said so, or it is local midnight to the millisecond, as dates are written."""
    epcs: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    parent: str
    children: tuple[str, ...]
    child_quantities: tuple[Quantity, ...]
    input_epcs: tuple[str, ...]
    output_epcs: tuple[str, ...]
    input_quantities: tuple[Quantity, ...]
    output_quantities: tuple[Quantity, ...]
    transformation_id: str
    read_point: str
    biz_location: str
    sources: tuple[Typed, ...]
    destinations: tuple[Typed, ...]
    biz_transactions: tuple[Typed, ...]
    ilmd: dict[str, Any]
    declaration: Declaration | None
    set_dispositions: tuple[str, ...]
    unset_dispositions: tuple[str, ...]
    event_id: str

    def ilmd_text(self, name: str) -> str:
        """The first ILMD value whose key ends in `name` after its prefix (`lotNumber`), as text; '' when there is none."""
        for key, value in self.ilmd.items():
            if key == name or (key.endswith(name) and key[-len(name) - 1] in ":/#}"):
                while isinstance(value, list):
                    value = value[0] if value else None
                if isinstance(value, dict):
                    value = value.get("#text")
                return "" if value is None else str(value)
        return ""


def read_event(event: dict[str, Any]) -> EventView:
    """Read one event. Raises DocumentError for a missing or impossible type, eventTime or eventTimeZoneOffset."""
    get = event.get
    try:
        kind = event["type"]
        time = parse_time(event["eventTime"])
        offset = parse_offset(event["eventTimeZoneOffset"])
    except KeyError as missing:
        name = str(missing.args[0])
        raise DocumentError(f"the event has no {name}", (Fault("/" + name, "nothing", name),)) from missing
    except TypeError as wrong:
        raise DocumentError("eventTime and eventTimeZoneOffset are texts") from wrong
    step, disposition, error, lasting = get("bizStep"), get("disposition"), get("errorDeclaration"), get("persistentDisposition")
    parent, transformation = get("parentID"), get("transformationID")
    try:
        return EventView(
            type=kind,
            action=get("action") or "",
            time=time,
            offset_minutes=offset,
            biz_step=bare("bizStep", step) if step else "",
            disposition=bare("disposition", disposition) if disposition else "",
            date_only=_is_midnight(time, offset) or any(get(key) in (True, "true") for key in DATE_ONLY),
            epcs=_keys(get("epcList")),
            quantities=_quantities(get("quantityList")),
            parent=canonical(parent) if parent else "",
            children=_keys(get("childEPCs")),
            child_quantities=_quantities(get("childQuantityList")),
            input_epcs=_keys(get("inputEPCList")),
            output_epcs=_keys(get("outputEPCList")),
            input_quantities=_quantities(get("inputQuantityList")),
            output_quantities=_quantities(get("outputQuantityList")),
            transformation_id=canonical(transformation) if transformation else "",
            read_point=_place(get("readPoint")),
            biz_location=_place(get("bizLocation")),
            sources=_typed(get("sourceList"), "sdt", "source"),
            destinations=_typed(get("destinationList"), "sdt", "destination"),
            biz_transactions=_typed(get("bizTransactionList"), "btt", "bizTransaction"),
            ilmd=get("ilmd") or {},
            declaration=_declaration(error) if error else None,
            set_dispositions=_dispositions(lasting, "set") if lasting else (),
            unset_dispositions=_dispositions(lasting, "unset") if lasting else (),
            event_id=get("eventID") or "",
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise DocumentError(f"the event is not built as EPCIS has it: {wrong}") from wrong


def _is_midnight(time: int, offset_minutes: int) -> bool:
    return (time + offset_minutes * 60_000) % 86_400_000 == 0


def _keys(values: list[str] | None) -> tuple[str, ...]:
    return tuple([canonical(value) for value in values]) if values else ()


def _quantities(values: list[dict[str, Any]] | None) -> tuple[Quantity, ...]:
    if not values:
        return ()
    return tuple([(canonical(value["epcClass"]), value.get("quantity"), value.get("uom") or "") for value in values])


def _place(value: dict[str, Any] | None) -> str:
    return canonical(value["id"]) if value else ""


def _typed(values: list[dict[str, Any]] | None, kind: Kind, name: str) -> tuple[Typed, ...]:
    if not values:
        return ()
    return tuple([(bare(kind, value.get("type") or ""), canonical(value[name])) for value in values])


def _dispositions(value: dict[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name) or ()
    return tuple(bare("disposition", word) for word in ((found,) if isinstance(found, str) else found))


def _declaration(value: dict[str, Any]) -> Declaration:
    reason = value.get("reason")
    return Declaration(
        time=parse_time(value["declarationTime"]),
        reason=bare("er", reason) if reason else "",
        corrective=tuple(value.get("correctiveEventIDs") or ()),
    )
