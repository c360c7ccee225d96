"""The whole demonstration: the same bytes for the same seed, size and time. Layers: truth, recording, adversary, claims."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from ops.demo.calendar import DAYS, Calendar
from ops.demo.cast import BY_KEY, COMPANIES, ITEMS, REGULATOR, gtin_of
from ops.demo.claims import Letter, letters
from ops.demo.customers import Customers
from ops.demo.frauds import Frauds
from ops.demo.incidents import add_incidents, tell_ordinary
from ops.demo.recording import record
from ops.demo.stories import Stories
from ops.demo.supply import RECALL_DAY, Supply
from ops.demo.truth import Sizes, Truth

Stated = tuple[str, str, dict[str, Any]]
"""Kind, key and value of a fact."""


@dataclass(frozen=True, slots=True)
class World:
    """`letters`: documents in the order of their arrival; `facts`: to state first; `manifest`: stories and counts."""

    letters: list[Letter]
    facts: list[Stated]
    manifest: dict[str, Any]


SMALLEST = 1_000


def make_world(seed: int, packs: int, now: int) -> World:
    """`packs`: about how many, at least a thousand; `now`: ms UTC, the moment at which the world's sixty days end."""
    for attempt in range(20):
        try:
            return _make(seed, Random(f"{seed}/{attempt}"), max(packs, SMALLEST), now)
        except LookupError:  # a small world may lack the place for a story: roll the dice again
            continue
    raise LookupError("the world is too small for its stories")


def _make(seed: int, rng: Random, packs: int, now: int) -> World:
    truth = Truth(rng, Calendar(now), Sizes.of(packs))
    supply = Supply(truth)
    customers = Customers(truth, supply)
    for day in range(DAYS):
        supply.day(day)
        customers.day(day)
    stories = Stories()
    tell_ordinary(truth, stories)
    add_incidents(truth, stories)
    frauds = Frauds(truth, stories)
    honest, claims = record(truth, stories), frauds.all()
    sent = letters([one for one in (*honest, *claims) if one.arrival <= now], rng)
    return World(sent, [*_parties(), *_products(), _recall(truth)], _manifest(seed, now, truth, stories, sent))


def _parties() -> list[Stated]:
    return [
        (
            "party",
            one.gln,
            {
                "name": one.name,
                "role": one.role,
                "prefixes": [one.prefix],
                "sites": [
                    {"gln": one.place, "name": one.name, "city": f"{one.city_zh} {one.city}", "lat": one.lat, "lon": one.lon}
                ],
                "public": one.role == "maker",
            },
        )
        for one in COMPANIES
    ]


def _products() -> list[Stated]:
    return [
        (
            "product",
            gtin_of(item),
            {
                "name": {"zh": item.zh, "en": item.en},
                "maker": BY_KEY[item.maker].gln,
                "strength": item.strength,
                "form": item.form,
                "units": item.units,
                "kind": item.kind,
            },
        )
        for item in ITEMS
    ]


def _recall(truth: Truth) -> Stated:
    lot = next(lot for lot in truth.lots.values() if lot.item is ITEMS[0])
    since = truth.calendar.at(RECALL_DAY, 0)
    reason = "溶出度不合格 Dissolution test failed"
    return "recall", "DEMO-1", {"gtin": gtin_of(lot.item), "lot": lot.number, "class": "II", "reason": reason, "from": since}


def _manifest(seed: int, now: int, truth: Truth, stories: Stories, sent: list[Letter]) -> dict[str, Any]:
    return {
        "seed": seed,
        "now": now,
        "packs": len(truth.case_of),
        "cases": len(truth.cases),
        "pallets": len(truth.pallets),
        "given_out": len(truth.sold),
        "documents": len(sent),
        "events": sum(letter.events for letter in sent),
        "bytes": sum(len(letter.body) for letter in sent),
        "parties": {one.key: {"gln": one.gln, "name": one.name, "role": one.role} for one in COMPANIES},
        "regulator": REGULATOR.gln,
        "recall": {"gtin": gtin_of(ITEMS[0]), "lot": next(x.number for x in truth.lots.values() if x.item is ITEMS[0])},
        "stories": stories.manifest(),
    }
