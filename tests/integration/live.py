"""What the tests on a real network share: worlds on lanes of their own, patience, and committing as the writer does."""

from __future__ import annotations

import time
from collections.abc import Callable

from chaincode.messages import Batch, Group, Message
from ledger.fabric.errors import FabricError
from ledger.fabric.ledger import FabricLedger
from ledger.port import Ledger
from pedigree.seal import sm3
from tests.contract.ledger_world import LedgerWorld


def moved(world: LedgerWorld, generation: int, *, rename: bool = True) -> list[Batch]:
    """The world's batches on lanes, and for units, that no other test of this channel uses. Changes the world's keys too."""
    if rename:
        names = {old: sm3(old + bytes([generation])) for old in world.key.values()}
        world.key = {epc: names[old] for epc, old in world.key.items()}
        world.messages = [[_renamed(message, names) for message in messages] for messages in world.messages]
    return [Batch(generation, batch.partition, batch.messages) for batch in world.batches()]


def _renamed(message: Message, names: dict[bytes, bytes]) -> Message:
    groups = []
    for group in message.groups:
        new = names[group.unit]
        leaves, witness = ([leaf.replace(group.unit, new) for leaf in part] for part in (group.leaves, group.witness))
        groups.append(Group(new, group.before, leaves, group.base, witness, group.claim))
    return Message(message.number, message.previous, message.hash, groups)


def state_of(ledger: Ledger, world: LedgerWorld) -> list[object]:
    units = sorted(world.key.values())
    return [*ledger.units(units), *(ledger.positions(unit) for unit in units)]


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def take(ledger: FabricLedger, batch: Batch) -> None:
    """As the writer does: after an error the lane's head says what is next."""
    for _ in range(5):
        if ledger.head(batch.generation, batch.partition).next > batch.messages[0].number:
            return
        try:
            ledger.commit(batch)
        except FabricError:
            ledger.catch_up()
            continue
        return
    raise FabricError(f"batch {batch.messages[0].number} was not taken")
