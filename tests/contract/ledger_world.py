"""Batches for a ledger: random worlds of packs and boxes, decided by the custody step and cut into decisions messages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from chaincode.messages import Batch, Group, Message
from ledger.port import Ledger
from pedigree.custody.project import Coder
from pedigree.seal import PrivateKey, sm3
from tests.property.test_units import LATER
from tests.property.units import KEY, Units
from tests.property.worlds import honest_world

ORIGIN = "medtrace.example"
START_MS = 1_800_000_000_000
WITNESS = PrivateKey(sm3(b"witness of the embedded ledger"))


class Clock:
    """Goes a second on with every look."""

    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


class LedgerWorld:
    """`messages`: of each lane; `leaves`: of each unit, by EPC, in arrival order; `key`: its key on the ledger."""

    def __init__(self, seed: int, *, lanes: int = 2, packs: int = 6, false_claims: float = 0.0) -> None:
        rng = random.Random(seed)
        documents = honest_world(rng, packs=packs, noise=0.6)
        rng.shuffle(documents)
        units = Units()
        for observations in documents:
            units.deliver(observations, rng)
        units.run_to(LATER)
        self.leaves: dict[str, list[bytes]] = {}
        self.key: dict[str, bytes] = {}
        self.lies: list[bytes] = []
        decided: list[list[Group]] = [[] for _ in range(lanes)]
        for decision in units.decisions:
            claim = decision.claim
            if decision.leaves and rng.random() < false_claims:
                claim = sm3(claim)
                self.lies.append(decision.key)
            group = Group(decision.key, decision.before, decision.leaves, decision.base, decision.witness, claim)
            if decision.leaves:
                self.leaves.setdefault(decision.unit, []).extend(decision.leaves)
                self.key[decision.unit] = Coder(decision.unit, KEY).key
                decided[decision.key[0] % lanes].append(group)
        self.messages = [self._messages(groups, rng) for groups in decided]

    def _messages(self, groups: list[Group], rng: random.Random) -> list[Message]:
        messages: list[Message] = []
        while groups:
            count = rng.randrange(4)
            taken, groups = groups[:count], groups[count:]
            number = len(messages)
            previous = messages[-1].hash if messages else b""
            messages.append(Message(number, previous, sm3(b"%d" % number + previous), taken))
        return messages

    def batches(self, most: int = 5, seed: int = 0) -> Iterator[Batch]:
        """Lanes in turns, up to `most` messages a batch."""
        rng = random.Random(seed)
        left = [list(messages) for messages in self.messages]
        while any(left):
            for lane, messages in enumerate(left):
                count = rng.randrange(1, most + 1)
                if messages:
                    yield Batch(0, lane, messages[:count])
                    del messages[:count]


def commit_all(ledger: Ledger, batches: Sequence[Batch] | Iterator[Batch]) -> None:
    for batch in batches:
        ledger.commit(batch)
