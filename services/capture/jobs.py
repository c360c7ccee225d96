"""How a capture job reads: EPCIS 2.0's members (section 12.7), and how far its events are decided."""

from __future__ import annotations

from typing import Any

from pedigree.times import format_time
from services.capture.index import Job
from services.context import Services


def job_json(services: Services, job: Job) -> dict[str, Any]:
    """The job as it stands now. `running`: something of it is not decided yet (the document itself is safe)."""
    progress: dict[str, Any] = {"events": job.events, "duplicates": job.duplicates, "expected": job.expected}
    running = False
    if services.graph is not None and job.events:
        counts = services.graph.verdict_counts(job.id)
        running = counts.events < job.events or counts.decided < job.expected
        progress["decided"] = counts.decided
        progress["verdicts"] = counts.outcomes
        progress["following"] = counts.edges
        progress["findings"] = counts.findings
    made: dict[str, Any] = {
        "captureID": job.id,
        "createdAt": format_time(job.record_time),
        "running": running,
        "success": not running and not job.errors,
        "captureErrorBehaviour": job.behaviour,
        "errors": [_error(fault) for fault in job.errors],
        "progress": progress,
    }
    if not running:
        made["finishedAt"] = format_time(job.record_time)
    if job.attester != job.party:
        made["attester"] = job.attester
    return made


def _error(fault: dict[str, Any]) -> dict[str, Any]:
    detail = f"{fault.get('where')}: found {fault.get('found')}, expected {fault.get('expected')}"
    return {
        "type": "epcisException:ValidationException",
        "title": "The event was left out",
        "status": 400,
        "detail": detail,
        **fault,
    }
