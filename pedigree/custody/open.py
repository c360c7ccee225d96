"""What a fold leaves behind: outcomes, turns, and OPEN, the state that it goes on from."""

from __future__ import annotations

import msgspec

from pedigree.custody.leaf import Leaf
from pedigree.custody.state import EMPTY, State
from pedigree.messages import Place

Point = tuple[int, int, bytes, int]
"""A place with a last part: 0 the entry or deadline itself, 1 just after it (a change that a container quoted)."""
START: Point = (-1, 0, b"", 0)


class Outcome(msgspec.Struct, array_like=True, frozen=True):
    """How one leaf ended: `fit` 2 exact, 1 loose, 0 misfit, -1 a container is silent."""

    fit: int
    code: str
    applied: bool
    place: Place
    lag: int = 0
    """How far its event time lies before that of the leaf that released it (ms); 0 when it never had to wait."""
    implied: str = ""
    """Code of the container that the unit left by this step without having been unpacked."""
    bounded: bool = False
    """What released it, and so came before it, has a proven time."""


class Turn(msgspec.Struct, array_like=True, frozen=True):
    """One change of the state: at `place`, by the leaf with this identity."""

    place: Place
    state: State
    by: tuple[bytes, int, str]


class Fallback(msgspec.Struct, array_like=True, frozen=True):
    """The state before a loose receipt, and what was applied loosely since, the receipt first."""

    state: State
    loose: tuple[tuple[tuple[bytes, int, str], Place], ...]


class Open(msgspec.Struct, array_like=True, frozen=True):
    """All that appending needs to know."""

    state: State = EMPTY
    top: Place | None = None
    """Place of the last leaf taken."""
    position: Point = START
    waiting: tuple[Leaf, ...] = ()
    fallback: Fallback | None = None
    claims: tuple[tuple[int, int, bool], ...] = ()
    """Per exclusive step: latest record time applied, and whether that one was applied later than its place."""
    held: Place | None = None
    """Latest deadline of a claim that made another one wait."""
    vague: Place | None = None
    """Latest end of a day to which a leaf is dated that had nothing to wait for: what comes into that day may be such."""


_open_decoder = msgspec.msgpack.Decoder(Open)
encode_open = msgspec.msgpack.Encoder().encode
decode_open = _open_decoder.decode
