"""Comparing a unit's leaves with all that the ledger says of it: what a page shows only after this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from chaincode.messages import UnitState, lane_key, unit_state_key
from ledger.lane import LaneTree
from ledger.port import LeafProof, Ledger, Position
from ledger.proofs import covered_positions, latest_checkpoints
from pedigree.errors import LedgerError, ProofError
from pedigree.merkle import Frontier, leaf_hash, verify_inclusion
from pedigree.proof import Checkpoint, chain_acc, checkpoint_signers, decode_batch, verify_checkpoint
from pedigree.seal import KeyRing

OK, CATCHING_UP, AHEAD, DIFFERS = "ok", "catching_up", "ahead", "differs"


class LedgerCheck(NamedTuple):
    """What the comparison said.

    `state`: ok | catching_up (the ledger has not all leaves yet) | ahead (it has more than were given: the store is behind,
    read its leaves again) | differs. `differs`: each row that differs. `known`: the ledger's leaf count. `anchored`: how many
    leaves a checkpoint covers, `checkpoint_ms` its time (0 = none). `unit`: the ledger's own state, to compare OPEN with.
    """

    state: str
    differs: tuple[str, ...]
    known: int
    anchored: int
    checkpoint_ms: int
    unit: UnitState | None


def verify_unit(ledger: Ledger, key: bytes, leaves: Sequence[bytes], ring: KeyRing | None = None) -> LedgerCheck:
    """Compare a unit's leaves (all, in arrival order) with its state, positions, batches, lane and checkpoint.

    `key`: the unit's key on the ledger. `ring`: the published keys; without it signatures are not looked at.
    """
    with ledger.snapshot():
        differs = dict.fromkeys(ledger.faults(key))
        try:
            unit = ledger.unit(key)
        except LedgerError:
            unit = None
        positions = ledger.positions(key)
        known = unit.n if unit is not None else 0
        name = unit_state_key(key)
        if unit is None and positions:
            differs[f"ledger.state {name}"] = None
        differs.update(dict.fromkeys(_gaps(key, positions, known)))
        checkpoints = latest_checkpoints(ledger, positions, ring.threshold if ring is not None else 1)
        covered = covered_positions(positions, checkpoints)
        chained = unit is not None and known <= len(leaves) and chain_acc(leaves[:known]) == unit.acc
        proofs = ledger.leaf_proofs(positions)
        misplaced = _places(ledger, key, positions, proofs, leaves, chained)
        differs.update(dict.fromkeys(misplaced))
        if unit is not None and known <= len(leaves) and not chained and not misplaced:
            differs[f"ledger.state {name}"] = None
        records = {at[1:4]: proof.record for at, proof in zip(positions, proofs, strict=True) if proof is not None}
        differs.update(dict.fromkeys(_lanes(ledger, records, checkpoints)))
    if ring is not None:
        for checkpoint in checkpoints.values():
            if not _signed(checkpoint, ring):
                differs[_checkpoint_name(checkpoint)] = None
    time_ms = checkpoints[covered[-1].generation, covered[-1].partition].time_ms if covered else 0
    state = OK if known == len(leaves) else CATCHING_UP if known < len(leaves) else AHEAD
    return LedgerCheck(DIFFERS if differs else state, tuple(differs), known, len(covered), time_ms, unit)


def check_ledger(ledger: Ledger, ring: KeyRing) -> Iterator[str]:
    """Every row that differs from the others of the ledger, and every checkpoint with a signature that doesn't hold.

    What can't be told from the ledger alone, a replay must tell: compare `dump` with that of a ledger that took the same
    decisions in the same batches (their numbers stand in the batch records).
    """
    yield from ledger.faults()
    try:
        lanes = [(generation, partition) for generation, partition, _ in ledger.lanes()]
    except LedgerError as broken:
        yield str(broken)
        return
    for lane in lanes:
        after = -1
        while page := ledger.checkpoints(*lane, after, 500):
            yield from (_checkpoint_name(checkpoint) for checkpoint in page if not _sound(checkpoint, ring))
            after = page[-1].time_ms


def _gaps(key: bytes, positions: Sequence[Position], known: int) -> list[str]:
    missing = sorted(set(range(known)) - {position.n for position in positions})
    beyond = [position.n for position in positions if not 0 <= position.n < known]
    return [f"ledger.position {key.hex()}/{n} is missing" for n in missing] + [f"ledger.position {key.hex()}/{n}" for n in beyond]


def _places(
    ledger: Ledger,
    key: bytes,
    positions: Sequence[Position],
    proofs: Sequence[LeafProof | None],
    leaves: Sequence[bytes],
    chained: bool,
) -> list[str]:
    """Is each leaf where its position says, and does its batch's tree lead to the record's root?

    A leaf that is elsewhere is a wrong position when the unit's chain holds, a changed leaf of the custody store when not.
    """
    found: list[str] = []
    for position, proof in zip(positions, proofs, strict=True):
        batch = f"ledger.batch {position.generation}/{position.partition}/{position.batch}"
        row = f"ledger.position {key.hex()}/{position.n}"
        if proof is None:
            found.append(row if _nowhere(ledger, position) else f"{batch} has no leaf {position.leaf}")
        elif not _in_batch(proof, position):
            found.append(batch)
        elif 0 <= position.n < len(leaves) and leaf_hash(leaves[position.n]) != proof.leaf:
            found.append(row if chained else f"custody leaf {position.n} of {key.hex()}")
    return found


def _nowhere(ledger: Ledger, position: Position) -> bool:
    """Whether a position leads to a batch or leaf that never was; else the batch's row is gone or broken."""
    try:
        if position.batch >= ledger.head(position.generation, position.partition).size:
            return True
        stored = ledger.receipts(position.generation, position.partition, position.batch, 1)
        here = stored and stored[0].batch == position.batch
        return bool(here) and position.leaf >= decode_batch(stored[0].record).leaf_count
    except (LedgerError, ProofError):
        return False


def _in_batch(proof: LeafProof, position: Position) -> bool:
    try:
        record = decode_batch(proof.record)
        verify_inclusion(proof.leaf, position.leaf, record.leaf_count, proof.path, record.root)
    except ProofError:
        return False
    return (record.generation, record.partition) == (position.generation, position.partition)


def _lanes(
    ledger: Ledger, records: Mapping[tuple[int, int, int], bytes], checkpoints: Mapping[tuple[int, int], Checkpoint]
) -> list[str]:
    """Does each batch lead to the root of its lane's checkpoint, or of the lane's head where no checkpoint covers it yet?

    `records`: of the unit's batches; those that are gone are named by their positions.
    """
    found: list[str] = []
    for lane in sorted({batch[:2] for batch in records}):
        tops = [f"ledger.state {lane_key(*lane)}"]
        try:
            head = ledger.head(*lane)
            roots = [(head.size, Frontier.decode(head.frontier).root())]
        except (LedgerError, ProofError):
            found += tops
            continue
        if lane in checkpoints:
            checkpoint = checkpoints[lane]
            tops.append(_checkpoint_name(checkpoint))
            roots.append((checkpoint.size, bytes.fromhex(checkpoint.root)))
            if checkpoint.size > head.size:
                found.append(tops[1])
                continue
        tree = LaneTree(ledger, *lane)
        for batch, record in [(at[2], record) for at, record in sorted(records.items()) if at[:2] == lane]:
            which = 1 if len(roots) > 1 and batch < roots[1][0] else 0
            size, root = roots[which]
            differs = tree.differs(record, batch, size, root) if batch < size else ["root"]
            found += [tops[which] if row == "root" else row for row in differs]
    return found


def _checkpoint_name(checkpoint: Checkpoint) -> str:
    return f"ledger.checkpoint {checkpoint.generation}/{checkpoint.partition}/{checkpoint.time_ms}"


def _sound(checkpoint: Checkpoint, ring: KeyRing) -> bool:
    """Others may sign later, or never have; what is there must hold, and somebody's must count."""
    try:
        return bool(checkpoint_signers(checkpoint, ring)[0])
    except ProofError:
        return False


@lru_cache(maxsize=512)
def _signed(checkpoint: Checkpoint, ring: KeyRing) -> bool:
    """SM2 is the dear part of a page, and a checkpoint serves all pages of ten seconds."""
    try:
        verify_checkpoint(checkpoint, ring)
    except ProofError:
        return False
    return True
