"""Impossible travel: one serial scanned in two places that nothing travels between in that time (套码)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from pedigree.custody.steps import Kind
from pedigree.findings import severity
from pedigree.messages import Entry, Finding

EARTH_KM = 6371.0
NEAR_KM = 50.0
"""Below this a wrong clock explains more than a clone does."""
FASTEST_KMH = 900.0
"""An airliner; roads and handling are slower, so what exceeds this is no matter of haste."""


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two (latitude, longitude) pairs in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(a)))


def is_one_body(unit: str) -> bool:
    """Whether the unit is a single thing: a lot, or all of a product, may well be in two places."""
    return ("/01/" not in unit or "/21/" in unit) and ":class:" not in unit and ":idpat:" not in unit


def travelled(entries: Iterable[Entry]) -> dict[tuple[bytes, int, str, int], Finding]:
    """The scans that could not have been reached from the one before them, by identity.

    Both times are taken as exact to their slack only, in the traveller's favour. Claims that were taken back, or that nobody
    entitled made, count for nothing.
    """
    entries = list(entries)
    declared = {e.event for e in entries if e.kind == Kind.DECLARATION}
    scans = sorted(
        (
            e
            for e in entries
            if e.kind == Kind.EVENT and e.geo is not None and e.event not in declared and any(a.entitled for a in e.attestations)
        ),
        key=lambda e: (e.time - e.offset, e.event),
    )
    found: dict[tuple[bytes, int, str, int], Finding] = {}
    for before, after in pairwise(scans):
        if before.geo is None or after.geo is None or before.geo == after.geo:
            continue
        distance = kilometres(before.geo, after.geo)
        if distance < NEAR_KM:
            continue
        ms = (after.time - after.offset) - (before.time - before.offset) + before.slack + after.slack
        speed = distance / (ms / 3_600_000)
        if speed > FASTEST_KMH:
            evidence = (
                ("km", f"{distance:.0f}"),
                ("minutes", f"{(after.time - before.time) / 60_000:.0f}"),
                ("from", before.location),
                ("to", after.location),
            )
            found[after.identity] = Finding("impossible_travel", severity("impossible_travel"), evidence)
    return found
