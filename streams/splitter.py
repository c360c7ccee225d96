"""Splitter: documents in, envelopes of observations out. Stateless; after a crash it may repeat itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pedigree.errors import MedtraceError
from pedigree.messages import DocumentMessage, Envelope, Observation, decode_document, encode
from pedigree.observations import explode_event
from pedigree.ports import DOCUMENTS, OBSERVATIONS, EventLog
from streams.routing import envelopes

GROUP = "splitter"


class Splitter:
    """Follows partitions of the documents log, all of them if not told which."""

    def __init__(self, log: EventLog, partitions: Iterable[int] | None = None) -> None:
        self._log = log
        wanted = range(log.partitions(DOCUMENTS)) if partitions is None else partitions
        self._position = {p: log.committed(GROUP, DOCUMENTS, p) for p in wanted}
        self._committed = dict(self._position)

    def position(self, partition: int) -> int:
        """Documents before this offset are split."""
        return self._position[partition]

    def step(self, limit: int = 100, max_bytes: int = 4_000_000) -> int:
        """Split what is there, at most about `limit` documents a partition; returns how many documents."""
        done = 0
        for partition, position in self._position.items():
            records = self._log.read(DOCUMENTS, partition, position, limit, max_bytes)
            if not records:
                continue
            documents = [decode_document(record.value) for record in records]
            batches: dict[int, list[bytes]] = {}
            unread: list[tuple[bytes, str]] = []
            for target, data in envelopes(_all(documents, unread), self._log.partitions(OBSERVATIONS)):
                batches.setdefault(target, []).append(data)
            if unread:
                batches.setdefault(0, []).append(encode(Envelope([], undecidable=unread)))
            for target, values in batches.items():
                self._log.append(OBSERVATIONS, target, values)
            self._position[partition] = records[-1].offset + 1
            done += len(records)
        return done

    def commit(self) -> None:
        """Remember the positions. Called now and then: what is repeated after a crash is recognised as a repeat."""
        for partition, position in self._position.items():
            if self._committed[partition] != position:
                self._log.commit(GROUP, DOCUMENTS, partition, position)
                self._committed[partition] = position

    def behind(self) -> int:
        """Documents that are not split yet."""
        return sum(self._log.end(DOCUMENTS, p) - position for p, position in self._position.items())


def _all(documents: list[DocumentMessage], unread: list[tuple[bytes, str]]) -> Iterator[Observation]:
    """Observations of all events; what can't be read goes to `unread`: nothing is dropped, nothing blocks."""
    for document in documents:
        for stamped in document.events:
            try:
                observations = list(explode_event(stamped, document))
            except (MedtraceError, ValueError, TypeError, KeyError) as broken:
                unread.append((stamped.event, f"document {document.id}: {broken}"))
                continue
            yield from observations
