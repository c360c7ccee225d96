"""What counts as a record: decided by the message and its place alone, the same for every reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pedigree.ports import Record

EXPECTED = "at"
"""Header of a record that was appended on an expectation: the offset that it counts at."""
VOID = b""
"""What is read where a record did not get the offset that it was appended for."""

_format = TraceContextTextMapPropagator()
Headers = Mapping[str, str | bytes | None] | Iterable[tuple[str, str | bytes | None]]


def traced() -> list[tuple[str, str | bytes | None]]:
    """Headers that name the span in which we append (W3C `traceparent`), none where there is none. They are no part of the
    record's bytes: what is hashed does not depend on who watches."""
    carrier: dict[str, str] = {}
    _format.inject(carrier)
    return [(name, text.encode()) for name, text in carrier.items()]


def record_at(offset: int, value: bytes | None, headers: Headers | None) -> Record:
    """A message as a record; VOID unless it stands where its header says that it counts."""
    if headers:
        expected = str(offset).encode()
        if dict(headers).get(EXPECTED, expected) != expected:
            return Record(offset, VOID)
    return Record(offset, value or VOID)
