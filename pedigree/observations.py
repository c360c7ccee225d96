"""From a captured document to observations: one per unit that an event acts on, never one per unit inside a container.

Pure and repeatable: the splitter may explode a document twice, the entries are the same. It reads only the document.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pedigree.clocks import clock_explains
from pedigree.custody.steps import STEP_OF, Flag, Kind, Step
from pedigree.events import EventView, read_event
from pedigree.identifiers import gln_of, is_logistic
from pedigree.messages import Attestation, DocumentMessage, Entry, Observation, StampedEvent

_json = msgspec.json.Decoder()
SALE_TYPES = ("inv", "po", "pedigree", "bol", "desadv", "recadv", "rma", "")
RELEASING = frozenset({"inspecting"})
"""With a sellable disposition these end a hold, as `holding` itself does."""
LOT = "/10/"
_SIGN = {
    Step.COMMISSION: 1,
    Step.ONBOARD: 1,
    Step.RECEIVE: 1,
    Step.SHIP: -1,
    Step.CONSIGN: -1,
    Step.DISPENSE: -1,
    Step.DECOMMISSION: -1,
    Step.DESTROY: -1,
}
GIAI = "https://id.gs1.org/8004/"
GTIN = "https://id.gs1.org/01/"
SSCC = "https://id.gs1.org/00/"
CONTENT = "contentQuantity"
"""ILMD field (any namespace): how many pieces a pack holds, for dispensing in parts."""


def explode(message: DocumentMessage) -> Iterator[Observation]:
    """All observations of a document, event by event."""
    for stamped in message.events:
        yield from explode_event(stamped, message)


def explode_event(stamped: StampedEvent, message: DocumentMessage) -> Iterator[Observation]:
    """The observations of one event."""
    view = read_event(_json.decode(stamped.event))
    attestation = Attestation(
        record_time=message.record_time,
        party=message.party,
        entitled=stamped.entitled,
        device=stamped.device,
        seal=message.seal.key_id if message.seal is not None else "",
        earliest=stamped.earliest,
        latest=stamped.latest,
        document=message.id,
    )
    base = _entry(view, stamped, attestation, message)
    if stamped.earliest and view.time + stamped.slack < stamped.earliest and clock_explains(message, stamped.hash):
        base = msgspec.structs.replace(base, flags=base.flags | Flag.CLOCK)
    declared = view.declaration is not None
    for observation in _SPLIT[view.type](view, base):
        if declared:
            entry = msgspec.structs.replace(observation.entry, kind=int(Kind.DECLARATION))
            yield Observation(observation.unit, entry)
        else:
            yield observation


def _entry(view: EventView, stamped: StampedEvent, attestation: Attestation, message: DocumentMessage) -> Entry:
    place = view.biz_location or view.read_point
    return Entry(
        event=stamped.hash,
        kind=int(Kind.EVENT),
        step=int(Step.NEUTRAL),
        time=view.time,
        declared=view.declaration.time if view.declaration is not None else 0,
        attestations=(attestation,),
        actor=stamped.actor,
        other=stamped.other,
        owner=stamped.owner,
        location=gln_of(place) or place,
        flags=stamped.flags,
        slack=stamped.slack,
        sale=next((value for kind, value in view.biz_transactions if kind in SALE_TYPES), ""),
        lot=view.ilmd_text("lotNumber"),
        expiry=view.ilmd_text("itemExpirationDate")[:10],
        disposition=view.disposition,
        biz_step=view.biz_step,
        rules=message.rules,
        registry=message.registry,
        norm=stamped.norm,
        geo=stamped.geo,
        offset=stamped.offset,
        legacy=stamped.legacy,
    )


def _with(entry: Entry, step: int, **changes: object) -> Entry:
    return msgspec.structs.replace(entry, step=int(step), **changes)


def _for_unit(unit: str, entry: Entry) -> Observation:
    kind = container_flags(unit) | legacy_flag(unit, entry.legacy)
    if kind or entry.legacy:
        entry = msgspec.structs.replace(entry, flags=entry.flags | kind, legacy=())
    return Observation(unit, entry)


def legacy_flag(unit: str, gtins: tuple[str, ...]) -> int:
    """Whether the unit is of a product of which old stock was declared."""
    return Flag.LEGACY if gtins and unit.startswith(GTIN) and unit[len(GTIN) : len(GTIN) + 14] in gtins else 0


def container_flags(unit: str) -> int:
    """What the identifier alone says of a unit as a container."""
    if not is_logistic(unit):
        return 0
    if unit.startswith(SSCC):
        return Flag.LOGISTIC
    return Flag.LOGISTIC | Flag.REUSABLE | (Flag.ASSET if unit.startswith(GIAI) else 0)


def _object(view: EventView, base: Entry) -> Iterator[Observation]:
    step = STEP_OF.get(view.biz_step, Step.NEUTRAL)
    if view.action == "ADD" and step in (Step.NEUTRAL, Step.PACK):
        step = Step.COMMISSION
    elif view.action == "DELETE" and step == Step.NEUTRAL:
        step = Step.DECOMMISSION
    elif step in (Step.PACK, Step.UNPACK):
        step = Step.NEUTRAL
    elif base.flags & Flag.SELLABLE and (step == Step.HOLD or view.biz_step in RELEASING):
        step = Step.RELEASE
    quantity = 0.0
    flags = base.flags
    if step == Step.DISPENSE and flags & Flag.PARTIAL:
        quantity = sum(q for _, q, _ in view.quantities if q)
    elif step == Step.COMMISSION:
        text = view.ilmd_text(CONTENT)
        quantity = float(text) if text.replace(".", "", 1).isdigit() else 0.0
    entry = _with(base, step, quantity=quantity)
    for epc in view.epcs:
        yield _for_unit(epc, entry)
    if quantity and step == Step.DISPENSE:
        return
    yield from _classes(view.quantities, base, _SIGN.get(step, 0))


def _classes(quantities: tuple[tuple[str, float | None, str], ...], base: Entry, sign: int = 0) -> Iterator[Observation]:
    """Lots without serials: a balance for each lot and party, never a pack's verdict. Other classes are only on record."""
    for epc_class, quantity, _ in quantities:
        if sign and quantity and LOT in epc_class:
            entry = _with(base, Step.BALANCE, legacy=(), quantity=sign * float(quantity))
            yield Observation(balance_unit(epc_class, base.actor), entry)
        else:
            yield Observation(epc_class, _with(base, Step.NEUTRAL, legacy=(), quantity=float(quantity or 0)))


def balance_unit(lot: str, party: str) -> str:
    """The unit that holds what one party has of a lot without serials."""
    return f"{lot}#{party}"


def _aggregation(view: EventView, base: Entry) -> Iterator[Observation]:
    step = {"ADD": Step.PACK, "DELETE": Step.UNPACK}.get(view.action, Step.NEUTRAL)
    if view.parent:
        flags = base.flags | container_flags(view.parent)
        entry = _with(base, step, children=len(view.children), flags=flags)
        yield Observation(view.parent, entry, members=view.children if step != Step.NEUTRAL else ())
    if step == Step.NEUTRAL or not view.parent:
        for child in view.children:
            yield _for_unit(child, _with(base, Step.NEUTRAL))
    yield from _classes(view.child_quantities, base)


def _transaction(view: EventView, base: Entry) -> Iterator[Observation]:
    step = STEP_OF.get(view.biz_step, Step.NEUTRAL)
    if step in (Step.COMMISSION, Step.PACK, Step.UNPACK):
        step = Step.NEUTRAL
    entry = _with(base, step)
    for epc in (*((view.parent,) if view.parent else ()), *view.epcs):
        yield _for_unit(epc, entry)
    yield from _classes(view.quantities, base, _SIGN.get(step, 0))


def _transformation(view: EventView, base: Entry) -> Iterator[Observation]:
    hub = view.transformation_id or f"urn:medtrace:transformation:{base.event.hex()}"
    yield Observation(hub, _with(base, Step.FORM, legacy=(), children=len(view.output_epcs)), members=view.output_epcs)
    for epc in view.input_epcs:
        yield _for_unit(epc, _with(base, Step.TRANSFORM, container=hub))
    yield from _classes(view.input_quantities, base, -1)
    yield from _classes(view.output_quantities, base, 1)


_SPLIT = {
    "ObjectEvent": _object,
    "AggregationEvent": _aggregation,
    "TransactionEvent": _transaction,
    "TransformationEvent": _transformation,
    "AssociationEvent": _aggregation,
}
