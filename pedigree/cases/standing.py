"""What stands out from a place's own norm, as cases: a week of full hours, a stretch of late notes, single notes apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pedigree.cases.apart import Apart
from pedigree.cases.model import EXAMPLES, MEMBERS, Case, Item, score_of
from pedigree.cases.rhythm import Stretch
from pedigree.findings import LOW, MEDIUM
from pedigree.seal import sm3
from pedigree.times import format_time

DAY_MS = 86_400_000


def rhythm_cases(stretches: Iterable[Stretch], strange: Iterable[Apart], parties: Mapping[str, str]) -> list[Case]:
    """One case a place and kind (`subject`: full_hours, late, older, ahead). `parties`: place -> whose it is.

    Notes that are late for days (an outage) are low; made-up times are medium: they ask for a look at the place, no pack is
    accused by them.
    """
    found: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for one in stretches:
        evidence = (
            ("from", format_time(one.first)),
            ("until", format_time(one.last + DAY_MS)),
            ("notes", str(one.events)),
            ("share", f"{one.share:.2f}"),
            ("norm", f"{one.norm:.3f}"),
        )
        severity = LOW if one.kind == "late" else MEDIUM
        party = parties.get(one.location, "")
        item = Item("", b"", one.kind, severity, evidence, one.first, one.last + DAY_MS, party, one.location)
        found[one.location, one.kind].append(item)
    for apart in strange:
        note = apart.note
        told = (("ms", str(apart.ms)), ("norm_ms", str(apart.norm)))
        item = Item(
            note.unit, note.event, apart.kind, MEDIUM, told, note.time, note.record_time, note.party, note.location, "", note.gate
        )
        found[note.location, apart.kind].append(item)
    return sorted((_case(place, kind, items) for (place, kind), items in found.items()), key=lambda one: (-one.score, one.id))


def _case(place: str, kind: str, items: list[Item]) -> Case:
    items.sort(key=lambda item: (item.record_time, item.event))
    units = sorted({item.unit for item in items if item.unit})
    gates = {item.gate for item in items}
    return Case(
        id=sm3("\n".join(("rhythm", place, kind)).encode()).hex()[:16],
        kind="rhythm",
        party=items[0].party,
        location=place,
        gate=gates.pop() if len(gates) == 1 else "",
        subject=kind,
        severity=items[0].severity,
        score=score_of("rhythm", items[0].severity, len(items), 1),
        units=len(units),
        codes={kind: len(items)},
        first=items[0].record_time,
        last=items[-1].record_time,
        examples=tuple(items[:EXAMPLES]),
        members=tuple(units[:MEMBERS]),
    )
