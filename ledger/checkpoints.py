"""Lanes against what witnesses signed, with the published keys: what `medtrace ledger verify` says about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.port import Ledger
from pedigree.errors import ProofError
from pedigree.proof import Checkpoint, verify_checkpoint
from pedigree.seal import KeyRing


class LaneCheck(NamedTuple):
    """The lane's latest checkpoint of enough organisations: who signed it, and what it covers; `differs` in words."""

    generation: int
    partition: int
    size: int
    checkpoint_ms: int
    covered: int
    signers: tuple[str, ...]
    differs: tuple[str, ...]


def check_lanes(ledger: Ledger, ring: KeyRing) -> list[LaneCheck]:
    """Every lane's latest checkpoint against the published keys (as many signatures as they ask for) and the lane itself."""
    found: list[LaneCheck] = []
    for generation, partition, head in ledger.lanes():
        checkpoint = ledger.checkpoint(generation, partition, signers=ring.threshold)
        if checkpoint is None:
            found.append(LaneCheck(generation, partition, head.size, 0, 0, (), ()))
            continue
        differs: list[str] = []
        signers: tuple[str, ...] = tuple(entry.signer for entry in checkpoint.signatures)
        try:
            signers = verify_checkpoint(checkpoint, ring)
        except ProofError as wrong:
            differs.append(str(wrong))
        differs += _root(ledger, checkpoint)
        found.append(
            LaneCheck(generation, partition, head.size, checkpoint.time_ms, checkpoint.size, signers, tuple(differs))
        )
    return found


def _root(ledger: Ledger, checkpoint: Checkpoint) -> Sequence[str]:
    receipts = ledger.receipts(*checkpoint.lane, checkpoint.size - 1, 1)
    if not receipts or receipts[0].root.hex() != checkpoint.root:
        lane = f"{checkpoint.generation}/{checkpoint.partition}"
        return [f"the checkpoint of lane {lane} over {checkpoint.size} batches has another root than the lane"]
    return []
