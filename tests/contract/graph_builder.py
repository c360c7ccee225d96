"""Builds decisions and documents by hand, as the custody step and capture would write them, for tests of the graph.

`Line` is no custody fold: it does what it is told and keeps each unit's rows, so that every decision carries the rows from
`since` on, as a real one does.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pedigree.custody.steps import Flag, Kind, Status, Step
from pedigree.messages import (
    END,
    Decisions,
    DocumentMessage,
    Entry,
    Finding,
    Packed,
    Shown,
    StampedEvent,
    Stay,
    UnitDecision,
    Verdict,
)

MAKER, DEALER, CLINIC, SHOP = "6900000000011", "6900000000028", "6900000000035", "6900000000042"
GTIN, OTHER_GTIN = "06901234567892", "06901234567908"
LOT, EXPIRY = "L1", "2027-06-30"
DAY = 86_400_000
T0 = 20_000 * DAY
NOBODY = Shown(0, "", "", "", "", "", -1.0, "", "complete", "confirmed", (), "", "", 0)
Message = tuple[Decisions, bytes]


def pack_id(serial: object, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def sscc(number: int) -> str:
    return f"https://id.gs1.org/00/{number:018d}"


def site(party: str) -> str:
    return f"https://id.gs1.org/414/{party}"


def hash_of(name: object) -> bytes:
    return hashlib.sha256(str(name).encode()).digest()


def verdict(event: bytes, step: int, time: int, actor: str, **changes: object) -> Verdict:
    plain = Verdict(
        event, Kind.EVENT, "", 0, step, Step(step).name.lower(), time, time, time + 1000, actor, site(actor), "confirmed", True,
        "unproven", (), "", actor,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def decision(epc: str, shown: Shown, *, before: int = 0, leaves: int = 1, since: int = 0, **lists: list[Any]) -> UnitDecision:
    """A decision with the given entries, verdicts, gone, stays, packed."""
    return UnitDecision(
        unit=epc, key=hash_of("key" + epc), before=before, acc=hash_of(("acc", epc, before + leaves)),
        entries=lists.get("entries", []), members=[], leaves=[b"leaf"] * leaves, witness=[], base=0, claim=b"c" * 32,
        row=b"", shown=shown, verdicts=lists.get("verdicts", []), gone=lists.get("gone", []), since=since,
        stays=lists.get("stays", []), packed=lists.get("packed", []), wake=0,
    )  # fmt: skip


class Numbers:
    """Numbers one partition's messages and chains their hashes."""

    def __init__(self, partition: int = 0, generation: int = 0) -> None:
        self.partition, self.generation = partition, generation
        self.number, self.head = 0, b""

    def message(self, units: Sequence[UnitDecision], undecidable: Sequence[tuple[int, bytes, str]] = ()) -> Message:
        message = Decisions(
            1, self.generation, self.partition, self.number, self.head, 0, self.number, list(units), list(undecidable), b""
        )
        self.number, self.head = self.number + 1, hash_of((self.partition, self.number, [u.unit for u in units], self.head))
        return message, self.head


class History:
    """The rows of one unit."""

    def __init__(self, epc: str) -> None:
        self.epc, self.n = epc, 0
        self.shown = NOBODY
        self.stays: list[Stay] = []
        self.packed: list[Packed] = []


class Line:
    """A little supply chain: each step is a message per partition that it touches, in `messages`."""

    def __init__(self, partitions: int = 1) -> None:
        self.numbers = [Numbers(p) for p in range(partitions)]
        self.units: dict[str, History] = {}
        self.messages: list[Message] = []
        self.time, self.count = T0, 0

    def _event(self, time: int | None) -> tuple[bytes, int]:
        self.count += 1
        self.time = self.time + 60_000 if time is None else time
        return hash_of(self.count), self.time

    def _send(self, decisions: Sequence[UnitDecision]) -> None:
        parts: dict[int, list[UnitDecision]] = {}
        for d in decisions:
            parts.setdefault(zlib.crc32(d.unit.encode()) % len(self.numbers), []).append(d)
        for partition, units in sorted(parts.items()):
            self.messages += [self.numbers[partition].message(units[i : i + 500]) for i in range(0, len(units), 500)]

    def _change(
        self,
        epc: str,
        shown: Shown,
        event: bytes,
        time: int,
        judged: Verdict,
        *,
        stay: bool = True,
        entries: Sequence[Entry] = (),
    ) -> UnitDecision:
        """The unit is in a new state from `time` on: its last stay ends, a new one begins unless it is packed."""
        h = self.units.setdefault(epc, History(epc))
        since = min(time, h.stays[-1].t_from) if h.stays else time
        if h.stays and h.stays[-1].t_to == END:
            h.stays[-1] = msgspec.structs.replace(h.stays[-1], t_to=time)
        inside = h.packed and h.packed[-1].t_to == END
        if inside and not shown.container:
            since = min(since, h.packed[-1].t_from)
            h.packed[-1] = msgspec.structs.replace(h.packed[-1], t_to=time)
        if shown.container and not inside:
            h.packed.append(Packed(time, END, shown.container, event))
        if stay and not shown.container:
            h.stays.append(
                Stay(time, END, shown.status, shown.possessor, shown.owner, shown.location, shown.addressee, event, False)
            )
        h.shown = msgspec.structs.replace(shown, since=time)
        h.n += 1
        return decision(
            epc, h.shown, before=h.n - 1, since=since, entries=list(entries), verdicts=[judged],
            stays=[s for s in h.stays if s.t_from >= since], packed=[p for p in h.packed if p.t_from >= since],
        )  # fmt: skip

    def _all(self, epcs: Sequence[str], step: int, actor: str, time: int | None, *, other: str = "", **changes: object) -> bytes:
        event, time = self._event(time)
        decisions = []
        for epc in epcs:
            old = self.units[epc].shown if epc in self.units else NOBODY
            shown = msgspec.structs.replace(old, possessor=actor, location=site(actor), addressee=other, container="", **changes)
            decisions.append(self._change(epc, shown, event, time, verdict(event, step, time, actor)))
        self._send(decisions)
        return event

    def commission(
        self, epcs: Sequence[str], maker: str = MAKER, lot: str = LOT, content: float = 0, time: int | None = None
    ) -> bytes:
        event, time = self._event(time)
        decisions = []
        for epc in epcs:
            product = "/01/" in epc
            shown = msgspec.structs.replace(
                NOBODY, status=Status.ACTIVE, possessor=maker, owner=maker, location=site(maker), lot=lot if product else "",
                expiry=EXPIRY if product else "", remaining=content or -1.0,
            )  # fmt: skip
            entry = Entry(event, Kind.EVENT, Step.COMMISSION, time, quantity=content)
            decisions.append(self._change(epc, shown, event, time, verdict(event, Step.COMMISSION, time, maker), entries=[entry]))
        self._send(decisions)
        return event

    def pack(self, container: str, children: Sequence[str], actor: str, time: int | None = None) -> bytes:
        event, time = self._event(time)
        box = self.units[container].shown if container in self.units else msgspec.structs.replace(NOBODY, status=Status.ACTIVE)
        box = msgspec.structs.replace(box, possessor=actor, location=site(actor))
        decisions = [self._change(container, box, event, time, verdict(event, Step.PACK, time, actor))]
        for epc in children:
            shown = msgspec.structs.replace(self.units[epc].shown, container=container)
            judged = verdict(event, Step.PACKED, time, actor, kind=Kind.PACKED, source=container)
            decisions.append(self._change(epc, shown, event, time, judged))
        self._send(decisions)
        return event

    def unpack(self, container: str, children: Sequence[str], actor: str, time: int | None = None) -> bytes:
        event, time = self._event(time)
        decisions = []
        for epc in children:
            shown = msgspec.structs.replace(self.units[epc].shown, container="", possessor=actor, location=site(actor))
            judged = verdict(event, Step.UNPACKED, time, actor, kind=Kind.UNPACKED, source=container)
            decisions.append(self._change(epc, shown, event, time, judged))
        self._send(decisions)
        return event

    def ship(self, epcs: Sequence[str], actor: str, to: str, time: int | None = None) -> bytes:
        return self._all(epcs, Step.SHIP, actor, time, other=to, status=Status.IN_TRANSIT)

    def receive(self, epcs: Sequence[str], actor: str, time: int | None = None) -> bytes:
        return self._all(epcs, Step.RECEIVE, actor, time, status=Status.ACTIVE)

    def hold(self, epc: str, actor: str) -> bytes:
        event, time = self._event(None)
        shown = msgspec.structs.replace(self.units[epc].shown, hold=actor)
        self._send([self._change(epc, shown, event, time, verdict(event, Step.HOLD, time, actor), stay=False)])
        return event

    def dispense(self, epc: str, actor: str, part: float = 0, time: int | None = None) -> bytes:
        event, time = self._event(time)
        old = self.units[epc].shown
        left = max(0.0, old.remaining - part) if part else 0.0
        status = Status.PART_DISPENSED if part and left else Status.DISPENSED
        shown = msgspec.structs.replace(
            old, status=status, possessor=actor, location=site(actor), container="", addressee="", remaining=left
        )
        entry = Entry(event, Kind.EVENT, Step.DISPENSE, time, quantity=part, flags=Flag.PARTIAL if part else 0)
        judged = verdict(event, Step.DISPENSE, time, actor)
        self._send([self._change(epc, shown, event, time, judged, entries=[entry])])
        return event

    def judge(self, epc: str, *verdicts: Verdict, gone: Sequence[tuple[bytes, int, str, int]] = (), **shown: object) -> None:
        """Only verdicts (and maybe the state) change; no row of the past does."""
        h = self.units[epc]
        h.shown = msgspec.structs.replace(h.shown, **shown)
        self._send([decision(epc, h.shown, before=h.n, leaves=0, since=END, verdicts=list(verdicts), gone=list(gone))])


def finding(code: str, severity: str = "high", **evidence: str) -> Finding:
    return Finding(code, severity, tuple(evidence.items()))


def document(
    name: str, events: Sequence[Mapping[str, object]], *, party: str = MAKER, record_time: int = T0, hashes: Sequence[bytes] = ()
) -> DocumentMessage:
    """A captured document; events get eventTime offset and hash where they have none."""
    stamped = []
    for i, event in enumerate(events):
        whole = {"eventTimeZoneOffset": "+00:00", "action": "OBSERVE", **event}
        digest = hashes[i] if i < len(hashes) else hash_of(msgspec.json.encode(event))
        stamped.append(StampedEvent(msgspec.json.encode(whole), digest, party, "", "", True, 0, 600_000))
    return DocumentMessage(1, name, party, record_time, 0, 1, "application/ld+json", b"", hash_of(name), None, b"{}", stamped)
