"""The claim: what the stream says that a group of leaves comes to. The ledger computes it again and compares."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pedigree.custody.open import Outcome
from pedigree.custody.state import State
from pedigree.seal import sm3

_encode = msgspec.msgpack.Encoder().encode


def claim(closed: State, outcomes: Mapping[tuple[bytes, int, str], Outcome]) -> bytes:
    """SM3 over the CLOSED state and the outcome of every leaf that was judged in this decision, ordered by identity.

    Judged are the leaves that were folded: those since the base that the decision names, and those that waited in it.
    """
    judged = [(*identity, o.fit, o.code, o.applied, o.place) for identity, o in sorted(outcomes.items())]
    return sm3(_encode((closed, judged)))
