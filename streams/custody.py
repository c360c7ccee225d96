"""The custody step: one partition's envelopes in, numbered decisions out.

The log of decisions is the authority. A decision counts once it stands in the log; the store follows, then the edges to
other units are sent. Whatever crashes in between is done again from the log at the next start, never decided anew.
"""

from __future__ import annotations

import msgspec

from pedigree.custody.decide import Decided, decide
from pedigree.custody.history import Consortium
from pedigree.custody.retell import retell
from pedigree.custody.row import decode_row
from pedigree.errors import FencedError, MedtraceError, StoreAheadError, UnknownRulesError
from pedigree.messages import Decisions, Envelope, Observation, UnitDecision, decode_envelope, encode
from pedigree.ports import DECISIONS, OBSERVATIONS, EventLog
from pedigree.seal import sm3
from streams.decisions import DecisionsReader
from streams.routing import envelopes
from streams.store import CustodyStore, Progress, pack_row

MAX_LEAVES = 500
MAX_BYTES = 900_000
DUE_AT_ONCE = 5_000
RETOLD_AT_ONCE = 20_000
VERSION = 1
Numbered = tuple[Decisions, bytes]
"""A decisions message and its hash."""


class Custody:
    """Decides for one partition. `generation`: the epoch of the partition layout."""

    def __init__(
        self, log: EventLog, store: CustodyStore, consortium: Consortium, partition: int, generation: int = 0
    ) -> None:
        self._log, self._store, self._consortium = log, store, consortium
        self.partition, self.generation = partition, generation
        self._partitions = log.partitions(OBSERVATIONS)
        self._reader = DecisionsReader(log)
        self._progress = Progress()
        self._failed: dict[str, int] = {}
        """The tick at which a unit was last found undecidable."""
        self.recover()

    @property
    def source(self) -> int:
        """Observations before this offset are decided."""
        return self._progress.source

    def recover(self) -> None:
        """Follow the log's tail, then send again what may not have been sent."""
        self._progress = self._store.progress(self.partition)
        if not self._reader.holds(self.partition, self._progress.number, self._progress.head):
            raise StoreAheadError(
                f"the custody store has decision {self._progress.number - 1} of partition {self.partition}, its log has not: "
                "the log was lost or exchanged; restore it, or rebuild with 'medtrace replay'"
            )
        self._follow()

    def _follow(self) -> None:
        """Take what the log has, and tell what may not have been told."""
        self._catch_up()
        if self._progress.told < self._progress.number:
            self._retell(self._progress.told)

    def step(self, max_envelopes: int = 20) -> list[Numbered]:
        """Decide what is there; [] = nothing to do. The messages are in the log and in the store, edges are sent."""
        self._progress = self._store.progress(self.partition)
        if self._progress.told < self._progress.number:
            # Another process has decided here, and may have died before it told: whoever goes on tells first.
            self._retell(self._progress.told)
        records = self._log.read(OBSERVATIONS, self.partition, self._progress.source, max_envelopes, MAX_BYTES * 2)
        if not records and not self._due(self._progress.tick, 1):
            if self._reader.behind(self.partition, self._progress.number):
                self._follow()
            return []
        position = records[-1].offset + 1 if records else self._progress.source
        tick, observations, undecidable = self._progress.tick, [], []
        for record in records:
            try:
                envelope = decode_envelope(record.value)
            except msgspec.DecodeError as broken:
                undecidable.append((record.offset, record.value, str(broken)))
                continue
            tick = max(tick, envelope.tick)
            observations.extend(envelope.observations)
            undecidable.extend((record.offset, raw, reason) for raw, reason in envelope.undecidable)
        decided = self._decide(observations, tick, undecidable, position)
        if not decided and not undecidable:
            self._store.advance(self.partition, position, tick)
            self._progress = self._store.progress(self.partition)
            return []
        messages = self._messages(decided, tick, position, undecidable)
        try:
            expect = self._reader.place(self.partition, self._progress.number)
            self._log.append(DECISIONS, self.partition, [data for _, data in messages], expect=expect)
        except FencedError:
            # Somebody else decided in the meantime: what the log says stands, the input is looked at again. The first of our
            # messages may count all the same, so what follows from them is told by whoever finds them.
            self._follow()
            return []
        numbered = [(message, sm3(data)) for message, data in messages]
        self._reader.wrote(self.partition, numbered[-1][0].number + 1, expect + len(numbered))
        self._store.apply(numbered)
        self._progress = self._store.progress(self.partition)
        self._send([observation for one in decided for observation in one.sent])
        return numbered

    # --- deciding ------------------------------------------------------------------------------------------------------

    def _decide(
        self, observations: list[Observation], tick: int, undecidable: list[tuple[int, bytes, str]], position: int
    ) -> list[Decided]:
        units: dict[str, list[Observation]] = {}
        for observation in observations:
            units.setdefault(observation.unit, []).append(observation)
        for unit in self._due(tick, DUE_AT_ONCE):
            units.setdefault(unit, [])
        rows = self._store.rows(list(units))
        decided: list[Decided] = []
        revision = (self.generation, self._progress.number)
        for unit, own in units.items():
            data = rows.get(unit)
            try:
                one = decide(
                    unit,
                    decode_row(data) if data is not None else None,
                    own,
                    tick=tick,
                    consortium=self._consortium,
                    archive=self._store,
                    revision=revision,
                )
            except UnknownRulesError:
                raise  # this program is too old to judge it; a newer one can
            except (MedtraceError, ValueError, KeyError, TypeError) as broken:
                undecidable.append((position, encode(Envelope(own)), f"{unit}: {type(broken).__name__}: {broken}"))
                self._failed[unit] = tick
                continue
            if one is not None:
                one.decision.row = pack_row(one.decision.row)
                decided.append(one)
        return decided

    def _due(self, tick: int, limit: int) -> list[str]:
        """Units that this tick wakes, but those that it could not wake: of thousands that are due each step takes some."""
        if not tick:
            return []
        found = self._store.due(self.partition, tick, limit + len(self._failed))
        return [unit for unit in found if self._failed.get(unit) != tick][:limit]

    def _messages(
        self, decided: list[Decided], tick: int, position: int, undecidable: list[tuple[int, bytes, str]]
    ) -> list[tuple[Decisions, bytes]]:
        """Whole messages of at most 500 leaves and about a megabyte; only the last one moves the position."""
        chunks: list[list[Decided]] = [[]]
        leaves = size = 0
        for one in decided:
            unit = one.decision
            weight = _weight(unit)
            if chunks[-1] and (leaves + max(1, len(unit.leaves)) > MAX_LEAVES or size + weight > MAX_BYTES):
                chunks.append([])
                leaves = size = 0
            chunks[-1].append(one)
            leaves += max(1, len(unit.leaves))
            size += weight
        messages: list[tuple[Decisions, bytes]] = []
        previous = self._progress.head
        for index, chunk in enumerate(chunks):
            last = index == len(chunks) - 1
            message = Decisions(
                version=VERSION,
                generation=self.generation,
                partition=self.partition,
                number=self._progress.number + index,
                previous=previous,
                tick=tick if last else self._progress.tick,
                source=position if last else self._progress.source,
                units=[one.decision for one in chunk],
                undecidable=undecidable if last else [],
                edges_digest=_digest(chunk),
            )
            data = encode(message)
            previous = sm3(data)
            messages.append((message, data))
        return messages

    # --- following and telling -----------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        while True:
            self._progress = self._store.progress(self.partition)
            messages = self._reader.read(self.partition, self._progress.number, 100)
            if not messages:
                return
            if not self._store.apply(messages) and self._store.progress(self.partition).number == self._progress.number:
                raise StoreAheadError(
                    f"decision {messages[0][0].number} of partition {self.partition} does not continue what the custody "
                    "store has: the log was exchanged; rebuild with 'medtrace replay'"
                )

    def _send(self, observations: list[Observation]) -> None:
        self._post(observations)
        self._store.told(self.partition, self._progress.number)
        self._progress = msgspec.structs.replace(self._progress, told=self._progress.number)

    def _post(self, observations: list[Observation]) -> None:
        batches: dict[int, list[bytes]] = {}
        for target, data in envelopes(observations, self._partitions):
            batches.setdefault(target, []).append(data)
        for target, values in batches.items():
            self._log.append(OBSERVATIONS, target, values)

    def _retell(self, told: int) -> None:
        """Edges of the messages from `told` on may not have been sent: send what follows from the rows as they are now."""
        units: dict[str, None] = {}
        while told < self._progress.number:
            for message, _ in self._reader.read(self.partition, told, 50):
                units.update((unit.unit, None) for unit in message.units)
                told = message.number + 1
        revision = (self.generation, self._progress.number - 1)
        sent: list[Observation] = []
        for unit in units:
            data = self._store.row(unit)
            if data is not None:
                sent.extend(retell(unit, decode_row(data), self._consortium, self._store, revision))
            if len(sent) > RETOLD_AT_ONCE:  # after a rebuild it may be all edges there are
                self._post(sent)
                sent.clear()
        self._send(sent)


def _weight(unit: UnitDecision) -> int:
    """About how many bytes the unit takes in a message."""
    return len(unit.row) + sum(map(len, unit.leaves)) + sum(map(len, unit.witness)) + 50 * sum(len(m) for _, m in unit.members)


def _digest(chunk: list[Decided]) -> bytes:
    """SM3 over the edges that the message's units send: they can be computed again from the histories."""
    edges = [(o.unit, o.entry.identity, o.answer is not None) for one in chunk for o in one.sent]
    return sm3(encode(edges)) if edges else b""
