"""An embedded ledger's file whose last batches are not signed yet."""

from __future__ import annotations

from pathlib import Path

from ledger.embedded import EmbeddedLedger
from ledger.witness import Witness, keyring_for
from tests.contract.ledger_world import ORIGIN, START_MS, WITNESS, Clock, LedgerWorld, commit_all

RING = keyring_for(ORIGIN, "operator", WITNESS.public)
LATER = START_MS + 3_600_000


def half_signed(path: Path, world: LedgerWorld) -> EmbeddedLedger:
    """Committed, and all but the last three batches of each lane signed."""
    found = EmbeddedLedger(path, clock=Clock())
    lanes = [[batch for batch in world.batches(most=2) if batch.partition == lane] for lane in (0, 1)]
    commit_all(found, lanes[0][:-3] + lanes[1][:-3])
    Witness(found, WITNESS, "operator", ORIGIN).tick(LATER)
    commit_all(found, lanes[0][-3:] + lanes[1][-3:])
    return found
