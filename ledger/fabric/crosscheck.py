"""The ledger checked against every organisation: the same blocks and judgements on their peers, witnesses over the lanes' roots.

Orderers sign the order of transactions, not their validity; that is each peer's own judgement. So one peer could lie about it
to its own clients: here its codes stand beside those of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.fabric.blocks import Header, codes_of, header_of
from ledger.fabric.errors import FabricError
from ledger.fabric.gateway import Gateway
from ledger.fabric.index import BlockRow, Index
from pedigree.errors import ProofError
from pedigree.proof import Checkpoint, verify_checkpoint
from pedigree.seal import KeyRing

_PAGE = 500


class PeerCheck(NamedTuple):
    """`compared`: blocks; `problem`: why not all, "" = all; `differs`: in words."""

    organisation: str
    compared: int
    problem: str
    differs: tuple[str, ...]


class LaneCheck(NamedTuple):
    """The lane's latest checkpoint: who signed it, and how many batches it leaves uncovered; `differs` in words."""

    generation: int
    partition: int
    size: int
    checkpoint_ms: int
    covered: int
    signers: tuple[str, ...]
    differs: tuple[str, ...]


def check_chain(index: Index) -> list[str]:
    """The index's own rows: every header's hash, and that each names the one before. [] = all well."""
    found: list[str] = []
    previous = b""
    start = 0
    while page := index.blocks(start, _PAGE):
        for row in page:
            if row.number != start or Header(row.number, row.previous, row.data_hash).hash != row.hash:
                found.append(f"block {row.number}")
            elif row.number and row.previous != previous:
                found.append(f"block {row.number} does not continue block {row.number - 1}")
            previous, start = row.hash, row.number + 1
    return found


def check_peer(index: Index, gateway: Gateway, start: int = 0) -> PeerCheck:
    """The index's blocks from `start` on, compared with what an organisation's peer gives."""
    compared, problem = 0, ""
    differs: list[str] = []
    stop = index.height() - 1
    rows: list[BlockRow] = []
    try:
        for block in gateway.blocks(start, stop) if start <= stop else ():
            if compared % _PAGE == 0:
                rows = index.blocks(start + compared, _PAGE)
            row, header = rows[compared % _PAGE], header_of(block)
            if (header.number, header.hash) != (row.number, row.hash):
                differs.append(f"block {row.number} is another one at {gateway.organisation}")
            elif codes_of(block) != row.codes:
                differs.append(f"block {row.number}: {gateway.organisation} judges its transactions otherwise")
            compared += 1
    except FabricError as gone:
        problem = str(gone)
    return PeerCheck(gateway.organisation, compared, problem, tuple(differs))


def check_lanes(index: Index, ring: KeyRing) -> list[LaneCheck]:
    """Every lane's latest checkpoint against the published keys (as many signatures as they ask for) and the lane itself."""
    found: list[LaneCheck] = []
    for generation, partition, head in index.lanes():
        checkpoint = index.checkpoint(generation, partition)
        if checkpoint is None:
            found.append(LaneCheck(generation, partition, head.size, 0, 0, (), ()))
            continue
        differs: list[str] = []
        signers: tuple[str, ...] = tuple(entry.signer for entry in checkpoint.signatures)
        try:
            signers = verify_checkpoint(checkpoint, ring)
        except ProofError as wrong:
            differs.append(str(wrong))
        differs += _root(index, checkpoint)
        found.append(
            LaneCheck(generation, partition, head.size, checkpoint.time_ms, checkpoint.size, signers, tuple(differs))
        )
    return found


def _root(index: Index, checkpoint: Checkpoint) -> Sequence[str]:
    receipts = index.receipts(*checkpoint.lane, checkpoint.size - 1, 1)
    if not receipts or receipts[0].root.hex() != checkpoint.root:
        lane = f"{checkpoint.generation}/{checkpoint.partition}"
        return [f"the checkpoint of lane {lane} over {checkpoint.size} batches has another root than the lane"]
    return []
