"""The batch record: what a lane's tree holds for each committed batch of decisions."""

from __future__ import annotations

import msgspec

from pedigree.canonical import Count, Hash32, decode_exactly
from pedigree.errors import ProofError


class BatchRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="medtrace/batch/1"):
    """`first`, `last`: numbers of the batch's decisions messages; `last_hash`: SM3 hash of the last one.

    `leaf_count`, `root`: the RFC 9162 tree over the batch's leaves. Written as a msgpack array with the form's name first.
    """

    generation: Count
    partition: Count
    first: Count
    last: Count
    last_hash: Hash32
    leaf_count: Count
    root: Hash32


def encode_batch(record: BatchRecord) -> bytes:
    """The canonical bytes: data of one leaf of the lane's tree."""
    return msgspec.msgpack.encode(record)


def decode_batch(data: bytes) -> BatchRecord:
    """Raises ProofError for anything but canonical bytes."""
    record = decode_exactly(data, _DECODER.decode, encode_batch, ProofError, "the batch record")
    if record.last < record.first:
        raise ProofError("the batch record ends before it begins")
    return record


_DECODER = msgspec.msgpack.Decoder(BatchRecord)
