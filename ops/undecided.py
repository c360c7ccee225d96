"""What no step could decide: found in the decisions, shown with its bytes, and sent again once the rules can read it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pedigree.errors import MedtraceError
from pedigree.messages import Envelope, Observation, decode_document, decode_envelope
from pedigree.observations import explode_event
from pedigree.ports import DECISIONS, DOCUMENTS, OBSERVATIONS, EventLog
from streams.decisions import DecisionsReader
from streams.routing import envelopes

_PAGE = 100


class Undecided(msgspec.Struct, frozen=True):
    """One thing that could not be decided. Its name is partition.number.position: where the decision that says so is."""

    partition: int
    number: int
    position: int
    reason: str
    raw: bytes

    @property
    def name(self) -> str:
        return f"{self.partition}.{self.number}.{self.position}"


def undecided(log: EventLog) -> Iterator[Undecided]:
    """All of them, partition by partition, oldest first."""
    reader = DecisionsReader(log)
    for partition in range(log.partitions(DECISIONS)):
        number = 0
        while messages := reader.read(partition, number, _PAGE):
            for message, _ in messages:
                for position, (_, raw, reason) in enumerate(message.undecidable):
                    yield Undecided(partition, message.number, position, reason, raw)
            number = messages[-1][0].number + 1


def find(log: EventLog, name: str) -> Undecided | None:
    """The one with this name; None when there is none."""
    return next((one for one in undecided(log) if one.name == name), None)


def send_again(log: EventLog, one: Undecided) -> int:
    """Put it before the custody step once more; how many observations. What was right is recognised as a repeat.

    MedtraceError when these rules can't read it either: nothing is sent.
    """
    observations = _observations(log, one)
    if not observations:
        raise MedtraceError(f"{one.name} can't be read by these rules either: {one.reason}")
    batches: dict[int, list[bytes]] = {}
    for partition, data in envelopes(observations, log.partitions(OBSERVATIONS)):
        batches.setdefault(partition, []).append(data)
    for partition, values in batches.items():
        log.append(OBSERVATIONS, partition, values)
    return len(observations)


def _observations(log: EventLog, one: Undecided) -> list[Observation]:
    """Either an envelope that the custody step could not fold, or an event of a document that the splitter could not explode."""
    try:
        return _envelope(one.raw).observations
    except MedtraceError:
        return [observation for document in _documents(log) for observation in _exploded(document, one.raw)]


def _envelope(raw: bytes) -> Envelope:
    try:
        return decode_envelope(raw)
    except msgspec.MsgspecError as broken:
        raise MedtraceError(f"not an envelope: {broken}") from broken


def _documents(log: EventLog) -> Iterator[bytes]:
    for partition in range(log.partitions(DOCUMENTS)):
        start = 0
        while records := log.read(DOCUMENTS, partition, start, _PAGE):
            yield from (record.value for record in records)
            start = records[-1].offset + 1


def _exploded(data: bytes, event: bytes) -> list[Observation]:
    if event not in data:
        return []
    document = decode_document(data)
    found: list[Observation] = []
    for stamped in document.events:
        if stamped.event == event:
            try:
                found.extend(explode_event(stamped, document))
            except (MedtraceError, ValueError, TypeError, KeyError):
                continue  # as before
    return found
