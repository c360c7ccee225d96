"""One value, one encoding: strict decoding for whatever is hashed or signed.

A decoder that is kind to its input lets two byte strings mean the same, and then a changed byte proves nothing. Every
decoder here encodes again and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec

from pedigree.errors import MedtraceError

Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})*\Z")]
HexHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hash32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
KeyId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Millis = Count  # UTC
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]

T = TypeVar("T")


def decode_exactly(
    data: bytes, decode: Callable[[bytes], T], encode: Callable[[T], bytes], error: type[MedtraceError], what: str
) -> T:
    """`decode(data)`, provided that `encode` gives back exactly `data`; else raises `error` with `what` in its sentence."""
    try:
        value = decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
        raise error(f"{what} can't be read: {broken}") from broken
    if encode(value) != data:
        raise error(f"{what} is not in its canonical form: a changed or re-written byte")
    return value
