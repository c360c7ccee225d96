"""Which of the 4,096 shards a unit lives in. Fixed for ever: every store and topic is laid out by it."""

from __future__ import annotations

from hashlib import sha256

SHARDS = 4_096


def shard(uri: str) -> int:
    """The shard, 0 to 4,095, of a unit's canonical URI: the first 12 bits of SHA-256 over its UTF-8 bytes.

    Not CRC-32: it is linear, so serials that run on fill some shards more than others, and its 12 low bits can be aimed at with
    pencil and paper. SHA-256 costs about as much as the dictionary look-ups around it and exists everywhere.
    """
    digest = sha256(uri.encode()).digest()
    return digest[0] << 4 | digest[1] >> 4
