"""A channel in memory, its gateways, and ledgers on it: what tests of the client share."""

from __future__ import annotations

from pathlib import Path

from ledger.fabric.client import Timeouts
from ledger.fabric.gateway import Gateway
from ledger.fabric.ledger import FabricLedger
from tests.contract.ledger_world import START_MS
from tests.integration.fake_gateway import FakeGateway, Fault
from tests.integration.fake_network import CHAINCODE, CHANNEL, FakeNetwork

QUICK = Timeouts(whole=20, endorse=5, submit=2, status=0.5)
Faults = dict[str, Fault]


class Line:
    """A network, its gateways, and ledgers on it."""

    def __init__(self, folder: Path) -> None:
        self.network = FakeNetwork()
        self._folder = folder
        self._gateways: list[FakeGateway] = []
        self._ledgers: list[FabricLedger] = []

    def gateway(self, member: str = "maker", faults: Faults | None = None) -> FakeGateway:
        self._gateways.append(FakeGateway(self.network, member, faults))
        return self._gateways[-1]

    def connect(self, *peers: FakeGateway, caller: str = "maker") -> list[Gateway]:
        identity = self.network.clients[caller]
        return [Gateway(p.member, p.address, b"", identity, CHANNEL, CHAINCODE, lambda: START_MS) for p in peers]

    def ledger(self, *peers: FakeGateway, caller: str = "maker", timeouts: Timeouts = QUICK, name: str = "a") -> FabricLedger:
        path = self._folder / f"{name}.sqlite"
        self._ledgers.append(FabricLedger(path, self.connect(*peers, caller=caller), self.network.genesis, timeouts=timeouts))
        return self._ledgers[-1]

    def close(self) -> None:
        for ledger in self._ledgers:
            ledger.close()
        for gateway in self._gateways:
            gateway.stop()
