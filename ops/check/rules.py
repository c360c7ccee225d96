"""`medtrace replay --rules VERSION`: what another version of the rules would have said, before anybody publishes it.

All documents go through splitter and custody twice, in scratch stores: as they were stamped, and as if the other version had been
in force. So what containers tell their contents is judged by it too. Nothing that is stored is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from ops.check.again import Line
from ops.check.difference import Differences, Report
from ops.check.stores import Secrets, Snapshot, snapshot
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from pedigree.custody.row import decode_row
from pedigree.messages import decode_document, encode
from pedigree.ports import DECISIONS, DOCUMENTS, OBSERVATIONS
from pedigree.rules import rules_of
from pedigree.seal import ConsortiumKeys
from streams.store import unpack_row


class Changed(msgspec.Struct, frozen=True):
    """A unit that would be shown, or whose events would be judged, in another way. Findings: code -> how often."""

    unit: str
    before: str
    after: str
    gone: dict[str, int]
    new: dict[str, int]


class Effect(msgspec.Struct, frozen=True):
    """What the version would change. `words`, `findings`: how many units and findings, before and after."""

    version: int
    since: int
    units: int
    words: dict[str, tuple[int, int]]
    findings: dict[str, tuple[int, int]]
    changed: list[Changed]


def effect_of(settings: Settings, version: int, since: int = 0, report: Report = lambda *_: None) -> Effect:
    """`since`: record time in ms from which the version is taken to have been in force. May run beside a server. Raises
    UnknownRulesError."""
    keys = KeyFiles(settings).load()
    secrets = Secrets(ConsortiumKeys(*keys.consortium), keys.ring)
    return effect_on(Layout(settings.data), settings.partitions, secrets, version, since, report)


def effect_on(
    layout: Layout, partitions: int, secrets: Secrets, version: int, since: int = 0, report: Report = lambda *_: None
) -> Effect:
    """`effect_of` for whoever has the keys at hand."""
    rules_of(version)
    with snapshot(layout, partitions, secrets, Differences(), report, stores=("custody",)) as taken:
        tick = max((taken.custody.progress(p).tick for p in range(partitions)), default=0) if taken.custody is not None else 0
        before = _judge(taken, 0, 0, tick, report, "judging by the rules of their time")
        after = _judge(taken, version, since, tick, report, f"judging by version {version}")
        return _compare(before, after, version, since, report)


def _judge(taken: Snapshot, version: int, since: int, tick: int, report: Report, what: str) -> Line:
    """`version` 0: as stamped."""
    topics = dict.fromkeys((DOCUMENTS, OBSERVATIONS, DECISIONS), taken.partitions)
    log = taken.scratch.log(topics)
    for partition in range(taken.partitions):
        at, end = 0, taken.ends[DOCUMENTS, partition]
        while at < end:
            records = [one for one in taken.log.read(DOCUMENTS, partition, at, min(500, end - at)) if one.offset < end]
            if not records:
                break
            log.append(DOCUMENTS, partition, [_restamped(one.value, version, since) if version else one.value for one in records])
            at = records[-1].offset + 1
    line = Line(taken, taken.scratch.custody(), taken.scratch.graph(), log)
    line.rest(report, what)
    if tick:
        line.tell_time(tick + 1, report, what)
    return line


def _restamped(value: bytes, version: int, since: int) -> bytes:
    message = decode_document(value)
    return encode(msgspec.structs.replace(message, rules=version)) if message.record_time >= since else value


def _compare(before: Line, after: Line, version: int, since: int, report: Report) -> Effect:
    words, changed, whole = (Counter[str](), Counter[str]()), [], before.store.count()
    for done, ((epc, *_, old), (_, *_, new)) in enumerate(zip(before.store.units(), after.store.units(), strict=True), 1):
        was, now = decode_row(unpack_row(old)), decode_row(unpack_row(new))
        said = [row.shown.verdict if row.shown is not None else "" for row in (was, now)]
        for counter, word in zip(words, said, strict=True):
            counter[word] += 1
        if said[0] != said[1] or dict(was.said) != dict(now.said) or was.archived_rank != now.archived_rank:
            codes = [_codes(line, epc) for line in (before, after)]
            changed.append(Changed(epc, said[0], said[1], dict(codes[0] - codes[1]), dict(codes[1] - codes[0])))
        if done % 1_000 == 0 or done == whole:
            report("comparing", done, whole)
    found = (before.graph.counts().findings, after.graph.counts().findings)
    return Effect(version, since, whole, _beside(*words), _beside(*found), [one for one in changed if one.gone or one.new])


def _codes(line: Line, epc: str) -> Counter[str]:
    rows = line.graph.unit_rows(epc)
    return Counter(f"{f.code} ({f.severity})" for v in (rows.verdicts if rows is not None else ()) for f in v.findings)


def _beside(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (one.get(name, 0), other.get(name, 0)) for name in sorted({*one, *other})}
