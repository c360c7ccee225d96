"""The ledger in one SQLite file: the same contract as on the peers, run in one transaction with what proofs are made of."""

from ledger.embedded.store import EmbeddedLedger

__all__ = ["EmbeddedLedger"]
