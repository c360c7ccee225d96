"""Uploads: notes wait for the next one, documents travel for minutes or weeks, broken ones are sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

import msgspec

from ops.simulate.cast import Party
from ops.simulate.claim import JSON, XML, Claim
from ops.simulate.claims.documents import HASHER, json_document, xml_document
from ops.simulate.claims.event import event
from ops.simulate.claims.faults import damaged
from ops.simulate.claims.journals import DeviceJournal
from ops.simulate.claims.signing import RepeatableKey
from ops.simulate.norms import DAY, HOUR, MINUTE, Norms
from ops.simulate.recording.record import Record
from ops.simulate.recording.systems import System
from pedigree.seal import encode_seal, seal_document

MOST = 400
"""Events in one document."""
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, eq=False)
class Bundle:
    """What one upload will hold. It is complete when its slot has passed, and is written when it arrives."""

    system: System
    attester: Party
    device: str
    journal: DeviceJournal | None
    sealed: bool
    arrival: int
    records: list[Record] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)


class Bundles:
    """`refused` hears of documents that can't be taken in: claim id, fault, the id of the corrected one or ''.

    `late` hears of records that arrive more than a day after their upload was due.
    """

    def __init__(
        self,
        norms: Norms,
        journals: dict[str, DeviceJournal],
        seals: dict[Party, RepeatableKey],
        refused: Callable[[str, str, str, list[Record]], None],
        late: Callable[[Record, int], None],
    ) -> None:
        self.norms, self._journals, self._seals, self._refused, self._late = norms, journals, seals, refused, late
        self.rng = Random(f"bundles/{norms.seed}")
        self._open: dict[tuple[object, ...], Bundle] = {}
        self._due: list[tuple[int, int, tuple[object, ...] | None, Any]] = []
        self._order = 0
        self._documents = 0
        self.waiting = 0
        """Events that are on their way."""

    def add(self, record: Record) -> None:
        """Into the upload that its time belongs to. Records come in the order of `noted`."""
        system = record.system
        journal = None if record.remote else self._journals.get(record.device.id)
        slot = record.noted // (5 * MINUTE if record.remote else system.period_ms)
        key = (system.site.gln, record.device.id if journal else "", record.attester.gln, record.remote, slot)
        bundle = self._open.get(key)
        if bundle is None or len(bundle.records) >= MOST:
            bundle = self._begin(key, record, journal, slot)
        made = event(record)
        if record.remote and record.act.incident is not None:
            known = record.device.id in self._journals or record.attester in self._seals
            record.act.incident.unaccompanied = record.act.incident.unaccompanied or known
        if journal is not None:
            proven = journal.note(HASHER.hash(made), record.noted)
            for touch in record.touches:
                touch.journal_from = touch.journal_from or proven
            incident = record.act.incident
            if incident is not None and record.act.claimed and proven > record.claimed + record.slack + 10 * MINUTE:
                incident.proven.append(record.event_id)
        bundle.records.append(record)
        bundle.events.append(made if system.xml else _encode(made))
        self.waiting += 1

    def _begin(self, key: tuple[object, ...], record: Record, journal: DeviceJournal | None, slot: int) -> Bundle:
        system, remote = record.system, record.remote
        due = (slot + 1) * (5 * MINUTE if remote else system.period_ms)
        arrival = due + (self.rng.randrange(1_000, MINUTE) if remote else self._lag(system, due))
        if journal is not None:
            arrival = max(arrival, journal.free_at + 1)
            journal.free_at = arrival
        sealed = record.attester in self._seals and not remote
        device = record.device.id if journal is not None else ""
        bundle = Bundle(system, record.attester, device, journal, sealed, arrival)
        self._open[key] = bundle
        self._push(arrival, key, bundle)
        return bundle

    def _lag(self, system: System, due: int) -> int:
        rng, noise = self.rng, self.norms.noise
        lag = rng.lognormvariate(system.lag_mu, system.lag_sigma) * MINUTE
        if rng.random() < system.tail:
            lag += rng.lognormvariate(0, 0.7) * noise.tail_days * DAY
        outage = system.outage(due)
        return round(lag) + (outage[1] - due if outage is not None else 0)

    def _push(self, at: int, key: tuple[object, ...] | None, what: Any) -> None:
        self._order += 1
        heappush(self._due, (at, self._order, key, what))

    def arrived(self, until: int) -> Iterator[Claim]:
        """What arrives before `until`, in that order. No record noted before `until` may be added later."""
        while self._due and self._due[0][0] < until:
            at, _, key, what = heappop(self._due)
            if isinstance(what, Bundle):
                if key is not None and self._open.get(key) is what:
                    del self._open[key]
                yield self._write(what, at)
            else:
                claim, records = what
                self._deliver(records, claim)
                yield claim

    def _write(self, bundle: Bundle, at: int) -> Claim:
        """The document; or a broken one, while the right one is sent again later."""
        system, rng = bundle.system, self.rng
        body = xml_document(bundle.events, at, urns=system.urns) if system.xml else json_document(bundle.events, at)
        id, kind = self._id(), XML if system.xml else JSON
        journal = bundle.journal.piece(len(bundle.records)) if bundle.journal is not None else ""
        remote = bundle.records[0].remote
        if remote or rng.random() >= system.faulty:
            claim = self._sealed(Claim(id, at, bundle.attester.gln, bundle.device, kind, body, journal), bundle)
            self._deliver(bundle.records, claim)
            return claim
        wrong, fault = damaged(body, system.xml, rng)
        again = "" if bundle.journal is None and rng.random() < self.norms.noise.never_resent else self._id()
        self._refused(id, fault, again, bundle.records)
        if again:
            self._resend(bundle, again, at, kind, body, journal)
        else:
            self.waiting -= len(bundle.records)
        return self._sealed(Claim(id, at, bundle.attester.gln, bundle.device, kind, wrong, journal), bundle)

    def _resend(self, bundle: Bundle, id: str, at: int, kind: str, body: bytes, journal: str) -> None:
        delay = self.rng.lognormvariate(0.5, 1.3) * HOUR
        if self.rng.random() < 0.05:
            delay += self.rng.uniform(1, 14) * DAY
        later = at + round(delay)
        if bundle.journal is not None:  # the journal's next piece can't be taken before this one
            later = self._queue_behind(bundle.journal, at, later)
        claim = self._sealed(Claim(id, later, bundle.attester.gln, bundle.device, kind, body, journal), bundle)
        self._push(later, None, (claim, bundle.records))

    def _queue_behind(self, journal: DeviceJournal, at: int, later: int) -> int:
        """Uploads of the device that were to come before `later` are put off until just after it."""
        mine = [one for one in self._due if isinstance(one[3], Bundle) and one[3].journal is journal and one[0] > at]
        for place, entry in enumerate(sorted(mine)):
            if entry[0] <= later + place:
                self._due.remove(entry)
                bundle = entry[3]
                bundle.arrival = later + 1 + place
                self._push(bundle.arrival, entry[2], bundle)
        self._due.sort()
        journal.free_at = max(journal.free_at, later + 1 + len(mine))
        return later

    def _sealed(self, claim: Claim, bundle: Bundle) -> Claim:
        if not bundle.sealed:
            return claim
        seal = seal_document(claim.body, self._seals[bundle.attester], bundle.attester.gln, claim.arrival_ms)
        return msgspec.structs.replace(claim, seal=encode_seal(seal))

    def _deliver(self, records: list[Record], claim: Claim) -> None:
        self.waiting -= len(records)
        for record in records:
            if record.act.incident is not None:
                record.act.incident.claims[claim.id] = None
            for touch in record.touches:
                touch.undone = touch.undone or record.declared > 0
                if not touch.claim:
                    touch.claim, touch.arrival = claim.id, claim.arrival_ms
                if touch.tainted:
                    touch.incident.claims[claim.id] = None
            if claim.arrival_ms - record.noted > DAY + record.system.period_ms:
                self._late(record, claim.arrival_ms)

    def _id(self) -> str:
        self._documents += 1
        return f"D{self._documents:07d}"

