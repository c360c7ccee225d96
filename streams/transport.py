"""What a worker's transport has to know; apart from Faust, which takes its time to load."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pedigree.ports import Record


@dataclass(frozen=True, slots=True)
class Transport:
    """How Faust reaches the brokers. `prefix` stands before topics and groups; `member`: this process's lasting name in its
    group, so that a restart gets its partitions back without disturbing the others. `record`: (offset, value, headers) as a
    record."""

    brokers: Sequence[str]
    prefix: str
    member: str
    session_ms: int
    max_bytes: int
    record: Callable[[int, bytes, Any], Record]
    tls: ssl.SSLContext | None = None
    username: str = ""
    password: str = ""
    mechanism: str = ""
