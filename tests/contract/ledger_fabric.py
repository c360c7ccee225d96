"""The Fabric ledger for the contract suite: on a channel in memory, so that it runs everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.port import Ledger
from tests.contract.ledger_world import Clock

if TYPE_CHECKING:
    from tests.integration.fake_network import FakeNetwork

_networks: dict[Path, FakeNetwork] = {}
"""By folder: a ledger that is opened again finds the channel as it was."""


def open_fabric(folder: Path, clock: Clock) -> Ledger:
    """One organisation's view, made if there is none in this folder."""
    pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")
    from chaincode.messages import Batch, Receipt
    from ledger.fabric.gateway import Gateway
    from ledger.fabric.ledger import FabricLedger
    from tests.integration.fake_gateway import FakeGateway
    from tests.integration.fake_network import CHAINCODE, CHANNEL, FakeNetwork

    if folder not in _networks:
        _networks[folder] = FakeNetwork()
    network = _networks[folder]
    peer = FakeGateway(network, "maker")

    class OnFakePeer(FabricLedger):
        def commit(self, batch: Batch) -> Receipt:
            clock()  # the suite's clock goes on with commits, and with nothing else
            return super().commit(batch)

        def close(self) -> None:
            super().close()
            peer.stop()

    gateway = Gateway("maker", peer.address, b"", network.clients["maker"], CHANNEL, CHAINCODE, lambda: clock.now)
    return OnFakePeer(folder / "index.sqlite", [gateway], network.genesis)
