"""From an entry to its leaf: names become codes, attestations become one record time, a proof class and a digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pedigree.custody.leaf import NO_RECORD, VERSION, Leaf
from pedigree.custody.marks import PART
from pedigree.custody.steps import Kind
from pedigree.messages import Attestation, Custody, Entry, Quote
from pedigree.seal import ConsortiumKey, party_code, sm3, unit_key

MAX_DEPTH = 6
_encode = msgspec.msgpack.Encoder().encode


class Coder:
    """The codes of one unit, 16 hex digits each. `names` maps every code that was used back to its name; the row keeps it."""

    __slots__ = ("_codes", "_s2", "epc", "key", "names", "s1")

    def __init__(self, epc: str, consortium: ConsortiumKey, names: dict[str, str] | None = None) -> None:
        self.epc = epc
        self.s1, self._s2 = consortium.unit_secrets(epc)
        self.key = unit_key(epc, self.s1)
        self.names = names if names is not None else {}
        self._codes = {name: code for code, name in self.names.items()}

    def code(self, name: str) -> str:
        if not name:
            return ""
        code = self._codes.get(name)
        if code is None:
            code = party_code(self._s2, name)[:16]
            self._codes[name] = code
            self.names[code] = name
        return code

    def name(self, code: str) -> str:
        """The name behind a code, '' for ''."""
        return self.names[code] if code else ""

    def marks(self, marks: tuple[str, ...]) -> tuple[str, ...]:
        """With codes: which lots went into a product is its makers' business."""
        if not marks:
            return marks
        return tuple(PART + self.code(mark[len(PART) :]) if mark.startswith(PART) else mark for mark in marks)

    def named_marks(self, marks: tuple[str, ...]) -> tuple[str, ...]:
        """`marks` with names again, sorted."""
        if not marks:
            return marks
        return tuple(sorted(PART + self.name(mark[len(PART) :]) if mark.startswith(PART) else mark for mark in marks))

    def custody(self, custody: Custody) -> Custody:
        """With codes."""
        code = self.code
        return Custody(
            custody.status,
            code(custody.possessor),
            code(custody.owner),
            code(custody.location),
            code(custody.addressee),
            code(custody.hold),
            code(custody.shipper),
        )


def project(entry: Entry, coder: Coder, declarations: Sequence[Entry] = (), *, received: int = 0) -> Leaf:
    """The entry's leaf.

    `declarations`: the unit's error declarations of the same event. `received`: record time of the counterpart's receipt,
    0 = none: a declaration recorded after it no longer takes the entry out of force.
    """
    code = coder.code
    voided = _voided_at(declarations, received) if declarations else 0
    entitled = [a.record_time for a in entry.attestations if a.entitled and a.record_time > voided]
    record = min(entitled) if entitled else NO_RECORD
    edge = entry.place is not None
    known = [a.record_time for a in entry.attestations]
    latest = record if record != NO_RECORD else min(known, default=entry.time)
    return Leaf(
        version=VERSION,
        unit=coder.key,
        event=entry.event,
        kind=entry.kind,
        step=entry.step,
        time=entry.place[0] if entry.place is not None else min(entry.time - entry.offset, latest),
        record=record,
        slack=entry.slack,
        proof=2 if any(a.earliest or a.latest for a in entry.attestations if a.entitled) else 0,
        actor=code(entry.actor),
        other=code(entry.other),
        owner=code(entry.owner),
        location=code(entry.location),
        source=code(entry.source),
        quantity=entry.quantity,
        flags=entry.flags,
        sale=code(entry.sale),
        in_force=entry.alive and bool(entitled) and entry.kind != Kind.DECLARATION,
        circle=edge and (coder.epc in entry.ancestors or len(entry.ancestors) > MAX_DEPTH),
        custody=coder.custody(entry.custody) if entry.custody is not None else None,
        quotes=tuple(_quote(quote, coder) for quote in entry.quotes if quote.known),
        marks=coder.marks(entry.marks),
        rules=entry.rules,
        registry=entry.registry,
        attestation=sm3(_encode(effective(entry.attestations, voided))),
    )


def effective(attestations: Iterable[Attestation], voided: int) -> list[Attestation]:
    """What counts: each party's (device's, seal's) earliest word, and its earliest after the last declaration."""
    attestations = list(attestations)
    if len(attestations) == 1:
        return attestations
    first: dict[tuple[str, str, str], Attestation] = {}
    revived: dict[tuple[str, str, str], Attestation] = {}
    for attestation in sorted(attestations):
        who = (attestation.party, attestation.device, attestation.seal)
        first.setdefault(who, attestation)
        if voided and attestation.record_time > voided:
            revived.setdefault(who, attestation)
    return sorted({*first.values(), *revived.values()})


def _voided_at(declarations: Iterable[Entry], received: int) -> int:
    """Record time of the last declaration that counts (its author's or the regulator's), 0 = none."""
    times = [
        attestation.record_time
        for declaration in declarations
        for attestation in declaration.attestations
        if attestation.entitled and not (received and attestation.record_time > received)
    ]
    return max(times, default=0)


def _quote(quote: Quote, coder: Coder) -> tuple[str, tuple[tuple[tuple[int, int, bytes], Custody], ...]]:
    return coder.code(quote.container), tuple((place, coder.custody(custody)) for place, custody in quote.changes)
