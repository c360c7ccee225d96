"""The real line without HTTP, log and files: a claim is prepared, verified, stamped and exploded as capture and splitter do it,
and every unit is decided in memory. Verdicts are those of the line; so is what units tell each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import NamedTuple

import msgspec

from ops.bench.detection.memory import Memory
from ops.simulate import Claim
from pedigree.errors import SealError
from pedigree.identifiers import gln_of
from pedigree.messages import DocumentMessage, Fact, Observation, StampedEvent, Verdict, event_uri
from pedigree.observations import explode
from pedigree.registry import Registry
from pedigree.seal import KeyRing, PublicKey, ring_key
from pedigree.stamping import stamp
from services.capture import evidence
from services.capture.context import CaptureContext, HeadAfter, encode_context
from services.capture.evidence import Brackets
from services.capture.index import EventKey, strength
from services.capture.prepare import Prepared, Task, prepare
from services.capture.taking import MESSAGE_VERSION
from services.problems import Problem

SIMPLE = 10_000
"""Events and list members that a document may hold."""
Listener = Callable[[int, str, list[Verdict], str], None]
"""(record time or tick, unit, verdicts that changed, the unit's word)."""


class Sight(NamedTuple):
    """An event as an inspector sees it first. Times ms UTC; `unit`: the first one that it names."""

    time: int
    record_time: int
    site: str
    gate: str
    date_only: bool
    unit: str = ""


class Line:
    """`facts`: plain dicts, by time. `heard`: is told of every change of a verdict."""

    def __init__(
        self, facts: Iterable[dict[str, object]], gateway: PublicKey, heard: Listener, *, keep: bool = False
    ) -> None:
        self._keep = keep
        self.captured: list[DocumentMessage] = []
        self._facts = sorted((msgspec.convert(fact, Fact) for fact in map(_positional, facts)), key=lambda fact: fact.time)
        self._stated = 0
        self.registry = Registry()
        self._ring = KeyRing("bench", 1, [ring_key(gateway, "operator", ("token", "checkpoint"))])
        self._heads: dict[str, HeadAfter] = {}
        self._seen: dict[EventKey, int] = {}
        self._due: list[tuple[int, str]] = []
        self._heard = heard
        self.memory = Memory()
        self.events: dict[str, bytes] = {}
        """eventID -> hash."""
        self.stamped: dict[bytes, StampedEvent] = {}
        """The first stamp of each event, without its JSON."""
        self.seen: dict[bytes, Sight] = {}
        self.refused: dict[str, str] = {}
        self.observations = 0
        self.decide_s = 0.0

    def take(self, claim: Claim) -> None:
        """One document as it arrives."""
        self.tick(claim.arrival_ms)
        try:
            message = self._capture(claim)
        except (Problem, SealError) as refused:
            self.refused[claim.id] = str(refused)
            return
        if message is not None:
            if self._keep:
                self.captured.append(message)
            self._deliver(list(explode(message)), claim.arrival_ms)

    def tick(self, now: int) -> None:
        """Time passes: units whose deadline has come are decided again."""
        while self._stated < len(self._facts) and self._facts[self._stated].time <= now:
            self.registry.apply(self._facts[self._stated])
            self._stated += 1
        while self._due and self._due[0][0] <= now:
            wake, unit = heappop(self._due)
            if self.memory.wake.get(unit) == wake:
                self.memory.tick = max(self.memory.tick, wake)
                self._deliver([], wake, [unit])
        self.memory.tick = max(self.memory.tick, now)

    # --- capture -------------------------------------------------------------------------------------------------------

    def _capture(self, claim: Claim) -> DocumentMessage | None:
        at = claim.arrival_ms
        made = prepare(Task(claim.body, claim.content_type, False, "rollback", SIMPLE, SIMPLE))
        if made.refusal:
            self.refused[claim.id] = made.refusal
            return None
        seal = evidence.read_seal(claim.seal, claim.body, self.registry, at) if claim.seal else None
        attester = seal.party if seal is not None else claim.party
        party = self.registry.party(attester)
        if seal is None and party is not None and party.seal_required:
            self.refused[claim.id] = "must be sealed"
            return None
        brackets = self._brackets(claim, attester, at, made)
        events = self._fresh(made, attester, at, brackets, sealed=seal is not None)
        return DocumentMessage(
            version=MESSAGE_VERSION,
            id=claim.id,
            party=attester,
            record_time=at,
            registry=self.registry.version,
            rules=self.registry.rules_at(at),
            content_type=claim.content_type,
            raw=b"",
            digest=made.digest,
            seal=seal,
            context=encode_context(CaptureContext(journal=brackets.part)) if brackets.part is not None else b"",
            events=events,
        )

    def _brackets(self, claim: Claim, attester: str, at: int, made: Prepared) -> Brackets:
        journal = evidence.read_journal(claim.journal.encode(), self.registry, attester, at) if claim.journal else None
        if journal is None:
            return Brackets()
        times = {event_uri(event.hash): event.view.time for event in made.events}
        brackets = evidence.verify(journal, self._heads.get(journal.public.key_id), self._ring, times)
        if brackets.part is not None:
            self._heads[journal.public.key_id] = brackets.part.after
        return brackets

    def _fresh(
        self, made: Prepared, attester: str, at: int, brackets: Brackets, *, sealed: bool
    ) -> list[StampedEvent]:
        chosen = []
        for event in made.events:
            self.events[event.view.event_id] = event.hash
            bracket = brackets.of(event_uri(event.hash))
            device = brackets.device if bracket is not None else ""
            one = stamp(
                event.view, event.json, event.hash, self.registry, attester, at, bracket, device, sealed=sealed
            )
            key: EventKey = (event.hash, event.declared, attester)
            worth = strength(one, sealed)
            if worth & ~self._seen.get(key, 0) or key not in self._seen:
                self._seen[key] = self._seen.get(key, 0) | worth
                chosen.append(one)
                self.stamped.setdefault(event.hash, msgspec.structs.replace(one, event=b""))
                view = event.view
                unit = next(iter((*view.epcs, *view.children, view.parent, *view.output_epcs)), "")
                site = gln_of(view.read_point or view.biz_location)
                sight = Sight(view.time, at, site, view.read_point, view.date_only, unit)
                self.seen.setdefault(event.hash, sight)
        return chosen

    # --- custody -------------------------------------------------------------------------------------------------------

    def _deliver(self, observations: list[Observation], now: int, woken: Iterable[str] = ()) -> None:
        units: dict[str, list[Observation]] = {unit: [] for unit in woken}
        for observation in observations:
            units.setdefault(observation.unit, []).append(observation)
        while units:
            following: dict[str, list[Observation]] = {}
            for unit, own in units.items():
                started = time.process_time()
                decided = self.memory.decide(unit, own)
                self.decide_s += time.process_time() - started
                self.observations += len(own)
                if decided is None:
                    continue
                decision = decided.decision
                if decision.wake:
                    heappush(self._due, (decision.wake, unit))
                self._heard(now, unit, decision.verdicts, decision.shown.verdict)
                for observation in decided.sent:
                    following.setdefault(observation.unit, []).append(observation)
            units = following


def _positional(fact: dict[str, object]) -> list[object]:
    return [fact[name] for name in Fact.__struct_fields__ if name in fact]
