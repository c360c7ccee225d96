"""The custody store against the log of decisions: it must hold what the decisions say, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ops.check.difference import Differences, Report, Tables, compare, counted, text
from ops.check.logs import numbered, records
from ops.check.stores import Snapshot
from pedigree.custody.row import Row, decode_row
from pedigree.messages import decode_envelope
from pedigree.ports import DECISIONS, OBSERVATIONS, EventLog
from streams.store import CustodyStore, Progress, unpack_row

COLUMNS: dict[str, tuple[str, ...]] = {
    "unit": ("partition", "number", "wake", "row"),
    "member": ("children",),
    "probe": ("until", "entry"),
    "segment": ("data",),
}
_PAGE = 100


def replica(taken: Snapshot, ends: Sequence[int], report: Report) -> CustodyStore:
    """A custody store built from the decisions before `ends` (one number for each partition)."""
    store = taken.scratch.custody()
    fill_custody(store, taken.log, ends, report)
    return store


def fill_custody(store: CustodyStore, log: EventLog, ends: Sequence[int], report: Report) -> int:
    """Let an empty store take the decisions before `ends`; how many they are."""
    whole, done = sum(ends), 0
    for partition, end in enumerate(ends):
        page = []
        for one in numbered(log, partition, 0, end):
            page.append(one)
            if len(page) == _PAGE:
                done += store.apply(page)
                page.clear()
                report("building custody again from the decisions", done, whole)
        done += store.apply(page)
    report("building custody again from the decisions", done, whole)
    return done


def check_custody(taken: Snapshot, into: Differences, report: Report) -> None:
    """Compare the store with the decisions that it says it has taken."""
    store = taken.custody
    assert store is not None  # the caller has looked
    progress = [store.progress(p) for p in range(taken.partitions)]
    has = rows_have(((p, number) for _, p, number, _, _ in store.units()), taken) if not all(p.number for p in progress) else []
    ends = [_taken(taken, one, p, has[p] if has else 0, into) for p, one in enumerate(progress)]
    compare_custody(store, replica(taken, ends, report), into, report)


def compare_custody(found: CustodyStore, expected: CustodyStore, into: Differences, report: Report) -> None:
    """Every row of two stores."""
    whole = expected.count()
    ours, theirs = Tables(found.dump()), Tables(expected.dump())
    for table, columns in COLUMNS.items():
        rows = counted(theirs.of(table), "comparing custody", 0 if table == "unit" else whole, whole, report)
        compare("custody", table, columns, ours.of(table), rows, into, _row_words if table == "unit" else None)
    report("comparing custody", whole, whole)


def rows_have(rows: Iterable[tuple[int, int]], taken: Snapshot) -> list[int]:
    """From (partition, number of a decision) of all units: how many decisions of each partition must have been taken."""
    ends = [taken.ends[DECISIONS, p] for p in range(taken.partitions)]
    far = [0] * len(ends)
    for partition, number in rows:
        if 0 <= partition < len(far) and number < ends[partition]:
            far[partition] = max(far[partition], number + 1)
    return far


def _taken(taken: Snapshot, progress: Progress, partition: int, has: int, into: Differences) -> int:
    """How many decisions of the partition the store has taken; names the progress where log or rows (`has`) say otherwise."""
    log, end = taken.log, taken.ends[DECISIONS, partition]
    number = taken_by(log, partition, end, progress.number, progress.head)
    key = str(partition)
    if number is None:
        number = max(min(progress.number, end), has)
        into.add("custody", "progress", key, f"decision {progress.number} next after {text(progress.head)}", "a hash of the log")
    elif number != progress.number or number < has:
        number = max(number, has)
        into.add("custody", "progress", key, f"decision {progress.number} next", f"decision {number}")
    last = next((m for m, _ in numbered(log, partition, number - 1, number)), None) if number else None
    source, tick = (last.source, last.tick) if last is not None else (0, 0)
    if not source <= progress.source <= taken.ends[OBSERVATIONS, partition]:
        into.add("custody", "progress", key, f"observation {progress.source} next", f"{source} or one after it in the log")
        return number
    seen = 0
    for record in records(log, OBSERVATIONS, partition, source, progress.source):
        seen += 1
        try:
            tick = max(tick, decode_envelope(record.value).tick)
        except (msgspec.DecodeError, ValueError):
            continue  # it became an undecidable row
    if seen == progress.source - source and tick != progress.tick:
        into.add("custody", "progress", key, f"tick {progress.tick}", f"tick {tick}")
    elif not 0 <= progress.told <= number:
        into.add("custody", "progress", key, f"edges told up to decision {progress.told}", f"{number} at most")
    return number


def taken_by(log: EventLog, partition: int, end: int, number: int, head: bytes) -> int | None:
    """How many decisions a store has taken whose head has this hash. `number`: how many it claims. None: no such hash."""
    if number == 0 and not any(head):
        return 0
    for start in (max(number, 1) - 1, 0):
        stop = min(number if start else end, end)
        for message, hash_ in numbered(log, partition, start, stop):
            if hash_ == head:
                return message.number + 1
    return None


def _row_words(found: Sequence[object], expected: Sequence[object]) -> tuple[str, str] | None:
    """What of a unit's row differs, by the names of its fields."""
    one, other = _read_row(found[3]), _read_row(expected[3])
    if one is None or other is None or found[:3] != expected[:3]:
        return None
    names = [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]
    if not names:
        return None
    said = [(text(getattr(one, n), getattr(other, n)), text(getattr(other, n), getattr(one, n))) for n in names[:3]]
    return (
        "; ".join(f"{name} {mine}" for name, (mine, _) in zip(names, said, strict=False)),
        "; ".join(f"{name} {theirs}" for name, (_, theirs) in zip(names, said, strict=False)),
    )


def _read_row(data: object) -> Row | None:
    try:
        return decode_row(unpack_row(data)) if isinstance(data, bytes) else None
    except (msgspec.DecodeError, ValueError, KeyError):
        return None
