"""How values look in Neo4j: for people first. Steps and states are words, hashes are hex, what is empty is absent.

Everything here has one way back. A value that was edited into something else comes back as a value that nothing equals, so that
whoever compares rows will see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import msgspec
import zstandard

from pedigree.custody.steps import Kind, Status, Step
from pedigree.query.model import Role

Props = dict[str, Any]
_MAGIC = zstandard.FRAME_HEADER
_LARGE = 2_000
_json = msgspec.json.Encoder()
_evidence = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class Words:
    """The members of an enumeration as lower-case words. A number that is no member stays a number in digits."""

    def __init__(self, enumeration: type[IntEnum]) -> None:
        self._words = {int(member): member.name.lower() for member in enumeration}
        self._numbers = {word: number for number, word in self._words.items()}

    def word(self, number: int) -> str:
        return self._words.get(number) or str(number)

    def number(self, word: object) -> int:
        """-1 for what is neither a word of ours nor a number."""
        if isinstance(word, str):
            found = self._numbers.get(word)
            if found is not None:
                return found
            if word.isascii() and word.removeprefix("-").isdigit():
                return int(word)
        return -1


STATUS, STEP, KIND, ROLE = Words(Status), Words(Step), Words(Kind), Words(Role)


def lean(row: Mapping[str, Any]) -> Props:
    """Without what is empty: an absent property takes no room and no place in an index."""
    return {name: value for name, value in row.items() if value != "" and value != []}


def unhex(text: object) -> bytes:
    """The bytes of a hex property."""
    try:
        return bytes.fromhex(str(text or ""))
    except ValueError:
        return str(text).encode()


def text(value: object) -> str:
    """Compact JSON."""
    return _json.encode(value).decode()


def evidence(stored: object) -> tuple[tuple[str, str], ...]:
    """A finding's evidence from its JSON."""
    try:
        return _evidence.decode(str(stored or "[]"))
    except msgspec.MsgspecError:
        return (("unreadable", str(stored)),)


def marks(stored: object) -> tuple[str, ...]:
    """A unit's marks."""
    return tuple(map(str, stored)) if isinstance(stored, list) else () if stored is None else (str(stored),)


def pack(blob: bytes) -> str | bytes:
    """JSON as text while it is short enough to be read by people, else compressed: a document may list 10,000 packs."""
    if len(blob) <= _LARGE:
        try:
            return blob.decode()
        except UnicodeDecodeError:
            return blob
    return zstandard.compress(blob)


def unpack(stored: object) -> bytes:
    """What `pack` was given."""
    if not isinstance(stored, (bytes, bytearray)):
        return str(stored or "").encode()
    if not stored.startswith(_MAGIC):
        return bytes(stored)
    try:
        return zstandard.decompress(stored)
    except zstandard.ZstdError:
        return bytes(stored)


def key_of(parts: tuple[object, ...]) -> str:
    """A short name of a composite key: 32 hex digits, which the store keeps without a record of their own."""
    return hashlib.blake2b(_json.encode(parts), digest_size=16).hexdigest()
