"""The file that a patient downloads: one unit's leaves with their ways up to signed checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from ledger.lane import LaneTree
from ledger.port import Ledger, Position
from pedigree.custody.leaf import leaf_unit_key
from pedigree.errors import ProofError
from pedigree.proof import Checkpoint, ProofLeaf, issue_proof, verify_proof
from pedigree.seal import ConsortiumKey, KeyRing, PrivateKey, unit_key

Lane = tuple[int, int]


def unit_proof(
    ledger: Ledger,
    *,
    epc: str,
    consortium: ConsortiumKey,
    leaves: Sequence[bytes],
    claims: Sequence[Mapping[str, Any]],
    issuer: str,
    key: PrivateKey,
    ring: KeyRing,
    now_ms: int,
) -> bytes | None:
    """The proof file over those of the unit's leaves that a checkpoint covers, None before the first.

    `leaves`: all of the unit's leaf bytes in arrival order, from the custody store; `ring`: the published keys, with which
    the file is verified before it is handed out. ProofError: ledger and leaves don't agree (`verify_unit` says where).
    """
    s1 = consortium.unit_secrets(epc).s1
    with ledger.snapshot():
        positions = ledger.positions(unit_key(epc, s1))[: len(leaves)]
        checkpoints = latest_checkpoints(ledger, positions, ring.threshold)
        covered = covered_positions(positions, checkpoints)
        if not covered:
            return None
        used = sorted({(position.generation, position.partition) for position in covered})
        proofs = ledger.leaf_proofs(covered)
        trees = {lane: LaneTree(ledger, *lane) for lane in used}
        entries: list[ProofLeaf] = []
        for leaf, position, proof in zip(leaves, covered, proofs, strict=False):
            if proof is None:
                raise ProofError(f"the ledger has no leaf {position.n} of the unit where it should be")
            lane = position.generation, position.partition
            lane_path = trees[lane].path(position.batch, checkpoints[lane].size)
            entries.append(
                ProofLeaf(
                    leaf=leaf.hex(),
                    index=position.leaf,
                    batch_path=_hex(proof.path),
                    batch=proof.record.hex(),
                    batch_index=position.batch,
                    lane_path=_hex(lane_path),
                )
            )
    data = issue_proof(
        unit=epc,
        s1=s1,
        leaves=entries,
        checkpoints=[checkpoints[lane] for lane in used],
        claims=claims,
        issuer=issuer,
        key=key,
        issued_ms=now_ms,
    )
    verify_proof(data, ring, leaf_unit_key)
    return data


def latest_checkpoints(ledger: Ledger, positions: Sequence[Position], signers: int) -> dict[Lane, Checkpoint]:
    """The latest checkpoint of each lane that the positions are in, where it has one of so many organisations. One that waits
    for the others' signatures proves nothing yet, and is nothing wrong."""
    lanes = sorted({(position.generation, position.partition) for position in positions})
    found = {lane: ledger.checkpoint(*lane, signers=signers) for lane in lanes}
    return {lane: checkpoint for lane, checkpoint in found.items() if checkpoint is not None}


def covered_positions(positions: Sequence[Position], checkpoints: Mapping[Lane, Checkpoint]) -> list[Position]:
    """The first positions, up to the first one that no checkpoint covers."""
    return list(takewhile(lambda at: at.batch < _size(checkpoints.get((at.generation, at.partition))), positions))


def _size(checkpoint: Checkpoint | None) -> int:
    return checkpoint.size if checkpoint is not None else 0


def _hex(path: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(value.hex() for value in path)
