"""What capture stamps on each event: every judgement that needs the registry, made once, at the record time.

The *attester* is who authenticated or sealed; the *actor* is the party that the event itself names. Everything later (splitter,
custody, ledger) reads the stamp and never the registry.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from pedigree.custody.steps import Flag
from pedigree.events import EventView
from pedigree.identifiers import gln_of
from pedigree.messages import StampedEvent
from pedigree.registry import Registry
from pedigree.seal import Bracket

SHIPPING = frozenset({"shipping", "departing", "consigning", "staging_outbound", "void_shipping"})
"""Steps that look at goods from the sender's side."""
DAY_MS = 86_400_000
RECEIVING = frozenset({"receiving", "accepting"})
_GTIN = "https://id.gs1.org/01/"
_CLASS_END = len(_GTIN) + 14
_PASSES_OWNERSHIP = frozenset({"shipping", "consigning", "receiving"})
_CREATES = frozenset({"commissioning", "urn:medtrace:bizstep:onboarding"})
_CUSTOMERS = frozenset({"hospital", "clinic", "pharmacy"})
_GIVES_TO_PATIENTS = frozenset({"hospital", "clinic"})
_SELLABLE = frozenset({"sellable_accessible", "sellable_not_accessible", "conformant", "available"})


def stamp(
    view: EventView,
    event_json: bytes,
    event_hash: bytes,
    registry: Registry,
    attester: str,
    record_time: int,
    bracket: Bracket | None = None,
    device: str = "",
    *,
    sealed: bool = False,
) -> StampedEvent:
    """Stamp one event. `event_json`: its JSON-LD bytes; `event_hash`: 32 bytes; `bracket`: from the device's journal.

    Who acts: from the sender's side the source's possessor, else who owns the read point or the business location; otherwise who
    owns the business location or the read point, else the possessor at the end that the step looks from; else the attester. A
    hold that the regulator attests is the regulator's.
    """
    actor = _actor(view, registry) or attester
    if view.biz_step == "holding" and registry.is_regulator(attester):
        actor = attester  # the place is the holder's, the hold is not: he must not be able to lift it
    return StampedEvent(
        event=event_json,
        hash=event_hash,
        actor=actor,
        other=_other(view, registry),
        owner=_party(view, registry, "owning_party", destination=True) if view.biz_step in _PASSES_OWNERSHIP else "",
        entitled=registry.entitled(attester, actor, record_time),
        flags=_flags(view, registry, actor, attester, record_time, sealed),
        slack=max(registry.slack(actor), DAY_MS) if view.date_only else registry.slack(actor),
        earliest=(bracket.earliest_ms or 0) if bracket else 0,
        latest=(bracket.latest_ms or 0) if bracket else 0,
        device=device,
        offset=registry.clock_offset(device or gln_of(view.read_point), view.time) if device or view.read_point else 0,
        norm=_norm(view, registry, actor),
        geo=_geo(view, registry),
        legacy=_legacy(view, registry, actor),
    )


def _legacy(view: EventView, registry: Registry, actor: str) -> tuple[str, ...]:
    held = registry.legacy_gtins(actor)
    if view.biz_step in RECEIVING:
        held |= registry.legacy_gtins(_other(view, registry))
    if not held:
        return ()
    units = (*view.epcs, *view.children, *view.input_epcs)
    return tuple(sorted(held & {unit[len(_GTIN) : _CLASS_END] for unit in units if unit.startswith(_GTIN)}))


def _outside_territory(view: EventView, registry: Registry) -> bool:
    """Sold to a customer in another territory than the seller's. Places without a territory serve all; trade between wholesalers
    is free."""
    if view.biz_step not in ("shipping", "consigning") or view.disposition == "returned":
        return False
    receiver = registry.party(_other(view, registry))
    if receiver is None or receiver.role not in _CUSTOMERS:
        return False
    own = registry.territory(view.read_point or view.biz_location, "")
    place = next((uri for kind, uri in view.destinations if kind == "location"), "")
    return own not in ("", registry.territory(place, receiver.id) or own)


def _norm(view: EventView, registry: Registry, actor: str) -> int:
    """How long the goods may be under way, as registered for the lane; 0 for other steps, and towards who takes no part."""
    if view.biz_step not in ("shipping", "consigning"):
        return 0
    receiver = _other(view, registry)
    return int(registry.lane_norm(actor, receiver) * DAY_MS) if receiver and registry.participates(receiver, view.time) else 0


def _geo(view: EventView, registry: Registry) -> tuple[float, float] | None:
    """Where it was read, as the registry has the place."""
    site = registry.site(gln_of(view.read_point or view.biz_location))
    return (site.lat, site.lon) if site is not None and site.lat is not None and site.lon is not None else None


def _actor(view: EventView, registry: Registry) -> str:
    if view.biz_step in SHIPPING:
        return (
            _party(view, registry, "possessing_party")
            or registry.place_owner(view.read_point)
            or registry.place_owner(view.biz_location)
            or _party(view, registry, "owning_party")
        )
    return (
        registry.place_owner(view.biz_location)
        or registry.place_owner(view.read_point)
        or (_party(view, registry, "possessing_party", destination=True) if view.biz_step in RECEIVING else "")
        or _party(view, registry, "possessing_party")
    )


def _other(view: EventView, registry: Registry) -> str:
    """Owning parties are never counterparts: addressees are compared with possessors only."""
    if view.biz_step in SHIPPING:
        possessor = _party(view, registry, "possessing_party", destination=True)
        return possessor or _party(view, registry, "location", destination=True)
    return _party(view, registry, "possessing_party") if view.biz_step in RECEIVING else ""


def _party(view: EventView, registry: Registry, kind: str, *, destination: bool = False) -> str:
    """The party of the first source (destination) of a kind, '' without one."""
    ends = view.destinations if destination else view.sources
    for type_, uri in ends:
        if type_ == kind:
            return registry.place_owner(uri) if kind == "location" else registry.party_of(uri)
    return ""


def _flags(view: EventView, registry: Registry, actor: str, attester: str, at: int, sealed: bool) -> int:
    flags = 0
    if all(registry.may_commission(actor, unit, at) for unit in _created(view)):
        flags |= Flag.MAY_COMMISSION
    if view.disposition == "returned":
        flags |= Flag.RETURNED
    if registry.is_regulator(attester):
        flags |= Flag.REGULATOR
    if sealed:
        flags |= Flag.SEALED
    if view.date_only:
        flags |= Flag.DATE_ONLY
    if view.disposition in _SELLABLE:
        flags |= Flag.SELLABLE
    if view.disposition == "partially_dispensed":
        flags |= Flag.PARTIAL
    if view.biz_step == "decommissioning" and (party := registry.party(actor)) is not None and party.role in _GIVES_TO_PATIENTS:
        flags |= Flag.AT_RECEIPT
    other = _other(view, registry)
    if other and view.biz_step in RECEIVING and not registry.participates(other, view.time):
        flags |= Flag.NONPARTICIPANT
    lot = view.ilmd_text("lotNumber")
    if lot and any(registry.upload_closed(epc[len(_GTIN) : _CLASS_END], lot) for epc in view.epcs[:1] if epc.startswith(_GTIN)):
        flags |= Flag.UPLOAD_CLOSED
    if view.type == "AssociationEvent":
        flags |= Flag.ASSOCIATION
    if _outside_territory(view, registry):
        flags |= Flag.TERRITORY
    if view.parent and view.action == "DELETE" and not view.children and not view.child_quantities:
        flags |= Flag.ALL_CHILDREN
    return flags


def _created(view: EventView) -> list[str]:
    """The units (and lots) that the event brings into being."""
    if view.type == "TransformationEvent":
        return [*view.output_epcs, *(quantity[0] for quantity in view.output_quantities)]
    if view.type == "ObjectEvent" and (view.action == "ADD" or view.biz_step in _CREATES):
        return [*view.epcs, *(quantity[0] for quantity in view.quantities)]
    return []


def slim(view: EventView) -> EventView:
    """A view that gets the same stamp and is small whatever the event lists: one unit for each GTIN. Capture's worker processes
    send this to the process that has the registry."""
    units = _one_each(_created(view))
    transformed = view.type == "TransformationEvent"
    return structs.replace(
        view,
        epcs=() if transformed else units or _packs(view.epcs),
        quantities=(),
        children=_packs(view.children) or view.children[:1] or tuple(quantity[0] for quantity in view.child_quantities[:1]),
        child_quantities=(),
        input_epcs=_packs(view.input_epcs),
        output_epcs=units if transformed else (),
        input_quantities=(),
        output_quantities=(),
        biz_transactions=(),
        ilmd={},
    )


def _one_each(units: Iterable[str]) -> tuple[str, ...]:
    """The first unit of each GTIN; what has none, whole."""
    first: dict[str, str] = {}
    for unit in units:
        first.setdefault(unit[:_CLASS_END] if unit.startswith(_GTIN) else unit, unit)
    return tuple(first.values())


def _packs(units: Iterable[str]) -> tuple[str, ...]:
    return _one_each(unit for unit in units if unit.startswith(_GTIN))
