"""Lanes, checkpoints and proofs: the ledger as seen by clients."""
