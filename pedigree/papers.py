"""Papers: inspection reports, certificates. The port of their store, and how an event names one.

A paper's name is the SM3 of its bytes (64 lower-case hex digits), so whoever has the event can check the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

URN = "urn:medtrace:paper:sm3:"
"""How EPCIS's `certificationInfo` (section 7.4.1) names a paper: this and its SM3."""
_HASH = re.compile(r"[0-9a-f]{64}")


class Stored(NamedTuple):
    """What the store says of a paper without opening it, and so without having checked it."""

    size: int
    """Bytes of the paper itself."""
    secret: int
    """The version of the papers' secret that it is sealed under."""


class Papers(Protocol):
    """A content-addressed store. Names are 64 lower-case hex digits; anything else names nothing.

    LogFullError when there is no room, StoreError for what is damaged or sealed under another secret.
    """

    def put(self, paper: bytes) -> tuple[str, bool]:
        """Its name, and whether it is new. Durable on return; a damaged copy is replaced."""
        ...

    def open(self, name: str) -> bytes | None:
        """The whole paper, checked against its seal and its name; None when there is none."""
        ...

    def about(self, name: str) -> Stored | None:
        """None when there is none."""
        ...

    def list(self) -> Iterator[str]:
        """All names, in order."""
        ...


def is_name(text: str) -> bool:
    """Whether it can be a paper's name."""
    return _HASH.fullmatch(text) is not None


def named(uri: str) -> str:
    """The name in a `urn:medtrace:paper:sm3:...`, '' when it is none."""
    name = uri.removeprefix(URN)
    return name if name != uri and is_name(name) else ""
