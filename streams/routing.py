"""Which partition a unit belongs to, and envelopes: observations that travel together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pedigree.identifiers import SHARDS, shard
from pedigree.messages import Envelope, Observation, encode

MAX_OBSERVATIONS = 500
MAX_MEMBERS = 10_000
"""Children named in one envelope, so that an envelope stays well under a megabyte."""


def partition_of(unit: str, partitions: int) -> int:
    """Partitions are contiguous ranges of the 4,096 shards, which never change."""
    return shard(unit) * partitions // SHARDS


def envelopes(observations: Iterable[Observation], partitions: int) -> Iterator[tuple[int, bytes]]:
    """(partition, encoded envelope); the order of a unit's observations is kept."""
    open_: dict[int, list[Observation]] = {}
    members: dict[int, int] = {}
    for observation in observations:
        partition = partition_of(observation.unit, partitions)
        batch = open_.setdefault(partition, [])
        batch.append(observation)
        members[partition] = members.get(partition, 0) + len(observation.members)
        if len(batch) >= MAX_OBSERVATIONS or members[partition] >= MAX_MEMBERS:
            yield partition, encode(Envelope(batch))
            del open_[partition], members[partition]
    for partition, batch in open_.items():
        yield partition, encode(Envelope(batch))
