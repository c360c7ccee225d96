"""A note as an EPCIS 2.0 event: JSON-LD with Digital Link URIs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ops.simulate import codes
from ops.simulate.cast import Party, Site
from ops.simulate.recording.record import Record
from ops.simulate.truth.things import Act
from pedigree.times import format_time

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = {"medtrace": "urn:medtrace:"}
_ACTIONS = {
    "commissioning": "ADD",
    "packing": "ADD",
    "unpacking": "DELETE",
    "decommissioning": "DELETE",
    "destroying": "DELETE",
}
_OWN_STEPS = {"sterilising": "urn:medtrace:step:sterilising"}
_LEAVING = ("shipping", "consigning", "departing", "void_shipping")


@lru_cache(64)
def _offset(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def event(record: Record) -> dict[str, Any]:
    """The event that the record says."""
    act, site = record.act, record.act.site
    kind = "AggregationEvent" if act.parent else "ObjectEvent" if act.outputs is None else "TransformationEvent"
    made: dict[str, Any] = {
        "type": kind,
        "eventID": record.event_id,
        "eventTime": _time(record),
        "eventTimeZoneOffset": _offset(site.city.minutes),
    }
    if record.declared:
        made["errorDeclaration"] = {"declarationTime": format_time(record.declared), "reason": "did_not_occur"}
    _what(made, record)
    if act.outputs is None:
        made["action"] = _ACTIONS.get(act.step, "OBSERVE")
    made["bizStep"] = _OWN_STEPS.get(act.step, act.step)
    if act.disposition:
        made["disposition"] = act.disposition
    made["readPoint"] = {"id": codes.place(site.gln, record.device.gate if record.system.by_gate else "")}
    if act.step not in _LEAVING:
        made["bizLocation"] = {"id": codes.place(site.gln)}
    _why(made, act)
    if record.precision == "date":
        made["medtrace:dateOnly"] = True
    return made


def _time(record: Record) -> str:
    minutes = record.act.site.city.minutes if record.system.local_time else 0
    day, within = divmod(record.claimed + minutes * 60_000, 86_400_000)
    seconds, milli = divmod(within, 1_000)
    zone = _offset(minutes) if record.system.local_time else "Z"
    return f"{_date(day)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milli:03d}{zone}"


@lru_cache(4096)
def _date(day: int) -> str:
    return format_time(day * 86_400_000)[:10]


def _what(made: dict[str, Any], record: Record) -> None:
    act = record.act
    if act.outputs is not None:
        made["inputEPCList"], made["outputEPCList"] = record.codes, act.outputs
    elif act.parent:
        made["parentID"], made["childEPCs"] = act.parent, record.codes
    elif record.codes:
        made["epcList"] = record.codes
    if act.bulk:
        classes = [(codes.lot_class(lot.product.gtin, lot.number), amount) for lot, amount in act.bulk.items()]
        made["quantityList"] = [{"epcClass": name, "quantity": amount} for name, amount in classes]
    elif act.amount and record.codes:
        made["quantityList"] = [{"epcClass": record.codes[0].partition("/21/")[0], "quantity": act.amount}]
    if act.lot is not None:
        made["ilmd"] = {"cbvmda:lotNumber": act.lot.number, "cbvmda:itemExpirationDate": act.expiry or act.lot.expiry}
        if act.content > 1 and act.lot.product.tracked == "pack":
            made["ilmd"]["medtrace:contentQuantity"] = str(act.content)


def _why(made: dict[str, Any], act: Act) -> None:
    if act.document:
        kind = "inv" if ":sale:" in act.document else "desadv"
        made["bizTransactionList"] = [{"type": kind, "bizTransaction": act.document}]
    if act.sender is not None and act.receiver is not None and act.step != "void_shipping":
        made["sourceList"] = _ends("source", act.owner_from, act.sender)
        made["destinationList"] = _ends("destination", act.owner_to, act.receiver)


def _ends(name: str, owner: Party | None, holder: Site) -> list[dict[str, str]]:
    found = [] if owner is None else [{"type": "owning_party", name: codes.party(owner.gln)}]
    found.append({"type": "possessing_party", name: codes.party(holder.party.gln)})
    if len(holder.party.sites) > 1:
        found.append({"type": "location", name: codes.place(holder.gln)})
    return found
