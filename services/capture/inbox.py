"""The inbox of a warehouse system: its own events that were not simply confirmed, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.model import InboxRow
from pedigree.messages import event_uri
from pedigree.times import format_time

STATES = ("rejected", "pending", "suspect", "undecidable")


def inbox_json(rows: Sequence[InboxRow]) -> list[dict[str, Any]]:
    """One object a verdict; times in ISO 8601 UTC."""
    return [
        {
            "unit": row.unit,
            "event": event_uri(row.verdict.event),
            "captureID": row.capture,
            "bizStep": row.verdict.biz_step,
            "eventTime": format_time(row.verdict.time),
            "recordTime": format_time(row.verdict.record_time),
            "state": row.verdict.outcome,
            "applies": row.verdict.applies,
            "reasons": [
                {"code": finding.code, "severity": finding.severity, "evidence": dict(finding.evidence)}
                for finding in row.verdict.findings
            ],
        }
        for row in rows
    ]
