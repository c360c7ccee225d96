"""What the workers count, for Prometheus. Verdicts are counted by outcome, never by unit."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pedigree.messages import Decisions

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500)


class Meter:
    """One a process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.documents = Counter("medtrace_documents_split_total", "Documents split", registry=registry)
        self.decisions = Counter("medtrace_decisions_total", "Decisions messages appended", registry=registry)
        self.leaves = Counter("medtrace_leaves_total", "Leaves decided", registry=registry)
        self.verdicts = Counter("medtrace_verdicts_total", "Verdicts by outcome", ("outcome",), registry=registry)
        self.undecidable = Counter("medtrace_undecidable_total", "What no step could decide", registry=registry)
        self.disputed = Counter("medtrace_disputed_total", "Claims that the ledger judged differently", registry=registry)
        self.projected = Counter("medtrace_projected_total", "Messages projected into the graph", registry=registry)
        self.ticks = Counter("medtrace_ticks_total", "Ticks sent", registry=registry)
        self.delivered = Counter("medtrace_records_total", "Records delivered", ("topic",), registry=registry)
        self.batch = Histogram(
            "medtrace_batch_leaves", "Leaves of a ledger batch", buckets=_SIZES, registry=registry
        )
        self.decide_seconds = Histogram(
            "medtrace_decide_seconds", "One custody step, append included", buckets=_SECONDS, registry=registry
        )
        self.commit_seconds = Histogram(
            "medtrace_ledger_commit_seconds", "One ledger batch", buckets=_SECONDS, registry=registry
        )
        self.behind = Gauge("medtrace_behind_records", "Records that wait", ("partition",), registry=registry)
        self.owned = Gauge("medtrace_partitions_owned", "Partitions that this process has", registry=registry)

    def decided(self, messages: Sequence[Decisions], seconds: float) -> None:
        self.decide_seconds.observe(seconds)
        for message in messages:
            self.decisions.inc()
            self.undecidable.inc(len(message.undecidable))
            for unit in message.units:
                self.leaves.inc(len(unit.leaves))
                for verdict in unit.verdicts:
                    self.verdicts.labels(verdict.outcome).inc()

    def committed(self, leaves: int, disputed: int, seconds: float) -> None:
        self.batch.observe(leaves)
        self.disputed.inc(disputed)
        self.commit_seconds.observe(seconds)
