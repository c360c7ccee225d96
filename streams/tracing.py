"""Spans that follow what they work on: the trace of a document goes on through every step that takes what came of it.

A step works on records of many traces at once. Its span belongs to the trace of the first and is linked with the others, so that
one lone document is one trace from its request to its checkpoint, and a document in a crowd is found by the links.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PARENT = "traceparent"
_MOST = 64
"""Links of one span; collectors cut longer lists off by themselves."""
_tracer = trace.get_tracer("medtrace")
"""Does nothing unless the process was told where to send spans."""
_format = TraceContextTextMapPropagator()
Headers = Mapping[str, str | bytes | None] | Iterable[tuple[str, str | bytes | None]]


def context_of(headers: Headers | None) -> SpanContext | None:
    """The span that a record was appended in, by its W3C `traceparent`; None when it says nothing that can be read."""
    given = dict(headers).get(_PARENT) if headers else None
    if not given:
        return None
    text = given.decode("latin-1") if isinstance(given, bytes) else given
    found = trace.get_current_span(_format.extract({_PARENT: text})).get_span_context()
    return found if found.is_valid else None


@contextmanager
def following(name: str, contexts: Iterable[SpanContext | None], **attributes: str | int) -> Iterator[Span]:
    """A span in the trace of the first context, linked with the rest."""
    distinct = list({(one.trace_id, one.span_id): one for one in contexts if one is not None}.values())
    parent = trace.set_span_in_context(NonRecordingSpan(distinct[0])) if distinct else None
    links = [Link(one) for one in distinct[1 : _MOST + 1]]
    named = {f"medtrace.{key}": value for key, value in attributes.items()}
    with _tracer.start_as_current_span(name, parent, SpanKind.CONSUMER, named, links) as span:
        yield span


def current() -> SpanContext | None:
    """The span that we are in, where somebody listens."""
    span = trace.get_current_span()
    return span.get_span_context() if span.is_recording() else None
