"""Ledger writer: one partition's decisions, in order, become one lane of the ledger. It remembers nothing: what comes next
is what the lane's head says."""

from __future__ import annotations

from chaincode.messages import Batch, Group, Message, Receipt
from ledger.port import Ledger
from pedigree.errors import StoreAheadError
from pedigree.messages import Decisions
from pedigree.ports import EventLog
from streams.decisions import DecisionsReader

MAX_LEAVES = 1_000


class LedgerWriter:
    """Writes one lane; one batch is in flight at a time."""

    def __init__(self, log: EventLog, reader: DecisionsReader, ledger: Ledger, partition: int, generation: int = 0) -> None:
        self._reader, self._ledger = reader, ledger
        self.partition, self.generation = partition, generation
        self._next = self._head()

    def _head(self) -> int:
        head = self._ledger.head(self.generation, self.partition)
        number = head.next
        if not self._reader.holds(self.partition, number, head.previous):
            raise StoreAheadError(
                f"lane {self.partition} of the ledger stands at decision {number - 1}, which the log has not: "
                "the log was lost or exchanged; restore it from the back-up"
            )
        return number

    def step(self) -> Receipt | None:
        """Commit the next batch; None when there is nothing to commit."""
        messages: list[Message] = []
        leaves = 0
        for decisions, hash_ in self._reader.read(self.partition, self._next, 20):
            message = ledger_message(decisions, hash_)
            count = sum(len(group.leaves) for group in message.groups)
            if messages and leaves + count > MAX_LEAVES:
                break
            messages.append(message)
            leaves += count
        if not messages:
            return None
        receipt = self._ledger.commit(Batch(self.generation, self.partition, messages))
        self._next = messages[-1].number + 1
        return receipt

    def behind(self) -> int:
        """Decisions that are not on the ledger yet."""
        return self._reader.behind(self.partition, self._next)


def ledger_message(decisions: Decisions, hash_: bytes) -> Message:
    """What the ledger sees of a decisions message: keys and leaves, nothing that names a product or a party."""
    groups = [
        Group(unit.key, unit.before, unit.leaves, unit.base, unit.witness, unit.claim)
        for unit in decisions.units
        if unit.leaves
    ]
    return Message(decisions.number, decisions.previous, hash_, groups)
