"""What the registry knows about this world: facts in the form of `pedigree/facts.py`, as plain dicts."""

from __future__ import annotations

from random import Random
from typing import Any

from ops.simulate.cast import Cast, Party, Site
from ops.simulate.catalogue import Catalogue, Lot, Product
from ops.simulate.claims.journals import DeviceJournal
from ops.simulate.claims.signing import RepeatableKey
from ops.simulate.geography import travel_hours
from ops.simulate.norms import DAY, MINUTE, Norms
from ops.simulate.recording.systems import System
from ops.simulate.truth.things import Store

END = 253_402_300_799_999
OPERATOR = "operator"
Fact = dict[str, Any]


def facts(
    norms: Norms,
    cast: Cast,
    catalogue: Catalogue,
    systems: dict[Site, System],
    journals: dict[str, DeviceJournal],
    seals: dict[Party, RepeatableKey],
    stores: dict[Site, Store],
) -> list[Fact]:
    """All facts, by the time at which they are stated. Some absent parties are registered, some are unknown."""
    rng = Random(f"facts/{norms.seed}")
    start = norms.start - DAY
    known = [party for party in cast.parties if not party.absent or rng.random() < 0.7]
    found = [_fact("party", party.gln, _party(party, systems), start) for party in known]
    for number, one in enumerate(cast.delegations):
        value: dict[str, Any] = {"principal": one.principal.gln, "delegate": one.delegate.gln, "kind": one.kind}
        value |= {"from": start - 365 * DAY, "to": END}
        if one.principal in known and one.delegate in known:
            found.append(_fact("delegation", f"delegation-{number + 1}", value, start))
    for party, key in seals.items():
        value = {"public_key": key.public.point.hex(), "party": party.gln, "from": start - 365 * DAY, "to": END}
        found.append(_fact("seal_key", key.key_id, value, start))
    for site, system in systems.items():
        for device in system.devices:
            if device.id in journals and site.party in known:
                point = journals[device.id].key.public.point.hex()
                value = {"party": site.party.gln, "public_key": point, "name": f"{site.name}, scanner {device.gate}"}
                found.append(_fact("device", device.id, value, start))
    found += [_fact("product", product.gtin, _product(product), start) for product in catalogue.products]
    found += _norms(norms, cast, start)
    found += _legacy(catalogue, stores, start)
    for lot in catalogue.lots:
        found += _lot(lot, norms, rng)
    found.sort(key=lambda fact: int(fact["time"]))
    return found


def _fact(kind: str, key: str, value: dict[str, Any], time: int) -> Fact:
    return {"kind": kind, "key": key, "value": value, "time": time, "author": OPERATOR}


def _party(party: Party, systems: dict[Site, System]) -> dict[str, Any]:
    kinds = {systems[site].precision for site in party.sites}
    precision = DAY if "date" in kinds else MINUTE if "minute" in kinds else 0
    return {
        "name": party.name,
        "role": party.role,
        "prefixes": [party.prefix],
        "sites": [_site(site) for site in party.sites],
        "participates_from": END if party.absent else party.takes_part_from,
        "seal_required": party.seal_required,
        "precision_ms": precision if precision == DAY else 0,
        "public": party.role in ("maker", "hospital", "pharmacy"),
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "gln": site.gln,
        "name": site.name,
        "city": site.city.name,
        "territory": "" if site.party.national or site.party.role in ("maker", "carrier", "regulator") else site.city.territory,
        "time_zone": site.city.zone,
        "lat": site.lat,
        "lon": site.lon,
        "kind": site.kind,
    }


def _product(product: Product) -> dict[str, Any]:
    return {
        "name": {"en": product.name, "zh": product.name},
        "maker": product.maker.gln,
        "units": product.units,
        "kind": product.kind,
        "form": f"{product.units} doses",
    }


def _norms(norms: Norms, cast: Cast, start: int) -> list[Fact]:
    """How long a lane may take: travel with the farthest site, a weekend, docks, and a margin."""
    flow = norms.flow
    found = [_fact("lane_norm", "lane", {"from": "", "to": "", "max_days": 14.0}, start)]
    ends = cast.sites("distributor", "hospital", "pharmacy")
    for party in cast.of("maker", "distributor"):
        farthest = max(site.km_to(end) for site in party.sites for end in ends)
        days = 1.6 * travel_hours(farthest, flow.road_kmh, flow.air_from_km) / 24 + 4 + flow.dock_hours / 4
        found.append(_fact("lane_norm", f"lane-{party.gln}", {"from": party.gln, "to": "", "max_days": round(days, 1)}, start))
    return found


def _legacy(catalogue: Catalogue, stores: dict[Site, Store], start: int) -> list[Fact]:
    found = []
    for store in stores.values():
        held: dict[Lot, int] = {}
        for packs in store.shelf.values():
            for pack in packs:
                held[pack.lot] = held.get(pack.lot, 0) + 1
        for lot, amount in held.items():
            value: dict[str, Any] = {"party": store.site.party.gln, "site": store.site.gln, "gtin": lot.product.gtin}
            value |= {"lot": lot.number}
            value |= {"quantity": amount, "to": END}
            if lot.legacy and not store.site.party.absent:
                found.append(_fact("legacy", f"legacy-{store.site.gln}-{lot.number}", value, start))
    return found


def _lot(lot: Lot, norms: Norms, rng: Random) -> list[Fact]:
    found, product = [], lot.product
    if lot.recalled_at and lot.recalled_at < norms.end:
        value = {"gtin": product.gtin, "lot": lot.number, "class": rng.choice(("I", "II")), "from": lot.recalled_at}
        value["reason"] = "out of specification"
        found.append(_fact("recall", f"recall-{lot.number}", value, lot.recalled_at))
    if lot.closed_at and lot.closed_at < norms.end:
        value = {"maker": product.owner.gln, "gtin": product.gtin, "lot": lot.number}
        found.append(_fact("upload_closed", f"closed-{product.gtin}-{lot.number}", value, lot.closed_at))
    return found
