"""The whole line with its ledger on a channel: every unit's state on the ledger as on the embedded one, graph included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from chaincode.messages import decode_unit
from ledger.fabric.gateway import Gateway
from ledger.fabric.ledger import FabricLedger, open_ledger
from ledger.port import Ledger
from ops.clock import now_ms
from ops.demo.world import World, make_world
from ops.fabric.network import Network
from ops.fabric.plan import make_plan
from ops.fabric.programs import MissingProgramsError, find_programs
from streams.embedded import Runner
from tests.acceptance.line import CONSORTIUM, Line
from tests.integration.fake_gateway import FakeGateway
from tests.integration.fake_network import CHAINCODE, CHANNEL, FakeNetwork

NOW = 1_790_000_000_000
Opened = Callable[[Path], FabricLedger]


class OnChannel(Line):
    """The same line, with another ledger."""

    def __init__(self, folder: Path, now: int, opened: Opened) -> None:
        self._opened = opened
        super().__init__(folder, now)

    def open(self) -> None:
        super().open()
        self.ledger.close()
        self.channel = self._opened(self.folder / "index.sqlite")
        self.runner = Runner(self.log, self.store, self.channel, self.graph, CONSORTIUM, None, self.clock)

    def close(self) -> None:
        self.channel.close()
        super().close()


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, 60, NOW)


@pytest.fixture(scope="module")
def plain(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    line = Line(tmp_path_factory.mktemp("plain"), NOW)
    _run(line, world)
    yield line
    line.close()


def _run(line: Line, world: World) -> None:
    line.state(world)
    line.send_world(world)
    line.settle()


def _units(ledger: Ledger) -> dict[object, object]:
    """Leaf count and OPEN of every unit. Each line makes API keys of its own, which what attests an event is told by: neither
    acc nor an attestation can be equal."""
    found: dict[object, object] = {}
    for table, key, values in ledger.dump():
        if table == "state" and str(key[0]).startswith("unit/"):
            state = decode_unit(bytes(values[0]))  # type: ignore[arg-type]
            waiting = tuple(msgspec.structs.replace(leaf, attestation=b"") for leaf in state.open.waiting)
            found[key[0]] = state.n, msgspec.structs.replace(state.open, waiting=waiting), state.judged
    return found


def _compare(line: OnChannel, plain: Line) -> None:
    assert _units(line.channel) == _units(plain.ledger)
    assert line.channel.counts().disputed == plain.ledger.counts().disputed == 0
    assert line.channel.counts().leaves == plain.ledger.counts().leaves
    assert line.graph.counts() == plain.graph.counts()
    assert line.channel.faults() == []


def test_the_line_on_a_channel_comes_to_the_same(world: World, plain: Line, tmp_path: Path) -> None:
    network = FakeNetwork()
    peer = FakeGateway(network, "maker")

    def opened(path: Path) -> FabricLedger:
        gateway = Gateway("maker", peer.address, b"", network.clients["maker"], CHANNEL, CHAINCODE, now_ms)
        return FabricLedger(path, [gateway], network.genesis)

    line = OnChannel(tmp_path, NOW, opened)
    _run(line, world)
    _compare(line, plain)
    line.close()
    peer.stop()


@pytest.mark.stack
def test_the_line_on_a_real_network_comes_to_the_same(world: World, plain: Line, tmp_path: Path) -> None:
    try:
        find_programs()
    except MissingProgramsError as missing:
        pytest.skip(f"the Fabric network does NOT run here: {missing}")
    network = Network(tmp_path / "network")
    try:
        network.make(make_plan())
        network.start(witnesses=False)
        (tmp_path / "line").mkdir()
        line = OnChannel(tmp_path / "line", NOW, lambda path: open_ledger(path, network.folder.profile("maker"), now_ms))
        started = time.monotonic()
        _run(line, world)
        print(f"{line.channel.counts().leaves} leaves in {time.monotonic() - started:.1f} s")
        _compare(line, plain)
        line.close()
    finally:
        network.reset()
