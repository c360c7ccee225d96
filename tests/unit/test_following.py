"""A step's span is in the trace of the first record that it takes, and linked with the others'."""

from __future__ import annotations

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra 'traces' is not installed")

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from eventlog.kafka.records import EXPECTED, VOID, record_at, traced
from streams import tracing
from streams.tracing import context_of, current, following


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


def _ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def test_a_trace_goes_from_record_to_record(spans: InMemorySpanExporter) -> None:
    with following("capture", []):
        one = traced()
    with following("capture", []):
        other = traced()
    with following("splitter", [context_of(h) for h in (one, None, other, one)], partition=3):
        passed = traced()
    with following("custody", [context_of(dict(passed))]):
        assert current() is not None
    capture, crowd, splitter, custody = spans.get_finished_spans()
    assert {_ids(capture)[0]} == {_ids(splitter)[0]} == {_ids(custody)[0]}
    assert splitter.parent is not None
    assert splitter.parent.span_id == _ids(capture)[1]
    assert [(link.context.trace_id, link.context.span_id) for link in splitter.links] == [_ids(crowd)]
    assert splitter.attributes == {"medtrace.partition": 3}


def test_headers_that_can_t_be_read_are_nobody_s_trace_and_change_no_record() -> None:
    for value in (None, b"", b"\xff\xfe", "00-zz-zz-01", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"):
        assert context_of([("traceparent", value)]) is None
        assert record_at(7, b"x", [("traceparent", value)]).value == b"x"
    assert record_at(7, b"x", [("traceparent", b"00"), (EXPECTED, b"6")]).value == VOID


def test_nobody_listens_and_nothing_is_sent() -> None:
    assert traced() == []
    assert current() is None
    with trace.use_span(trace.NonRecordingSpan(trace.SpanContext(5, 6, is_remote=True))):
        assert context_of(traced()) == trace.SpanContext(5, 6, is_remote=True)
        assert current() is None
