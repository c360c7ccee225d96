"""The contract as a service, spoken to as a peer does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from chaincode.functions import CONTRACT, call
from chaincode.messages import Batch, Group, decode_lane, decode_receipt, decode_unit, encode, lane_key
from chaincode.parties import PartyRecord, decode_party
from chaincode.refold import Refold
from chaincode.rules import rules_digest
from chaincode.shim.conversation import Message
from chaincode.shim.service import start
from ledger.embedded import EmbeddedLedger
from pedigree.ports import KeyValue
from pedigree.seal import sm3
from tests.contract.ledger_world import Clock, LedgerWorld
from tests.integration.fake_peer import CHANNEL, FakePeer

ROOT = Path(__file__).parents[2]
Serve = Callable[..., FakePeer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a service with a function and connects a peer to it."""
    servers, peers = [], []

    def make(function: Callable[[KeyValue, Sequence[bytes]], bytes] = call, batches: int = 1000) -> FakePeer:
        server, port = start("medtrace:abc", "127.0.0.1:0", function)
        servers.append(server)
        peers.append(FakePeer(f"127.0.0.1:{port}", batches))
        return peers[-1]

    yield make
    for peer in peers:
        peer.__exit__(None, None, None)
    for server in servers:
        server.stop(0)


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(21)


@pytest.mark.parametrize("batches", [0, 3, 1000])
def test_it_comes_to_the_embedded_ledgers_world_state(serve: Serve, world: LedgerWorld, tmp_path: Path, batches: int) -> None:
    """Whatever the peer offers: batch messages or none, small ones or large ones."""
    peer = serve(batches=batches)
    ledger = EmbeddedLedger(tmp_path / "ledger.sqlite", clock=Clock())
    for number, batch in enumerate(world.batches()):
        answer = peer.call(f"tx{number}", b"commit", encode(batch))
        receipt = ledger.commit(batch)
        assert (answer.status, answer.event) == (200, ("committed", answer.payload))
        assert decode_receipt(answer.payload) == receipt
    assert peer.registered == "medtrace:abc"
    assert peer.state == {row[1][0]: row[2][0] for row in ledger.dump() if row[0] == "state"}
    many, single = {Message.GET_STATE_MULTIPLE, Message.WRITE_BATCH_STATE}, {Message.GET_STATE, Message.PUT_STATE}
    assert set(peer.asked) == (many if batches else single)
    head = decode_lane(peer.call("head", b"head", b"0", b"1").payload)
    assert head == ledger.head(0, 1)
    unit = next(iter(world.key.values()))
    assert peer.call("unit", b"unit", unit).payload == encode(ledger.unit(unit))
    ledger.close()


def test_a_refusal_is_an_answer_and_writes_nothing(serve: Serve, world: LedgerWorld) -> None:
    peer = serve()
    first = next(iter(world.batches()))
    assert peer.call("a", b"commit", encode(first)).status == 200
    kept = dict(peer.state)
    for txid, args, words in [
        ("b", (b"commit", encode(first)), "GAP have"),
        ("c", (b"commit", b"\xc1"), "can't be read"),
        ("d", (b"commit",), "takes 1 arguments"),
        ("e", (b"delete", b""), "no function 'delete'"),
        ("f", (), "no function"),
        ("g", (b"head", b"x", b"0"), "can't be read"),
    ]:
        answer = peer.call(txid, *args)
        assert answer.status == 500
        assert words in answer.message
        assert answer.event is None
    assert peer.state == kept
    assert peer.call("h", b"about").payload.decode() == f"{CONTRACT} {rules_digest()}"


def test_whatever_breaks_inside_is_an_answer_at_once(serve: Serve) -> None:
    def breaks(port: KeyValue, args: Sequence[bytes]) -> bytes:
        if args[0] == b"oversized":
            port.get_many(["x"] * 2000)
        return bytes(1 // (len(args) - 1))

    peer = serve(breaks)
    assert "ZeroDivisionError" in peer.call("a", b"commit", timeout=5).message
    assert peer.call("b", b"oversized", timeout=5).status == 500
    assert peer.call("c", b"commit", b"", timeout=5).status == 200


def test_transactions_run_side_by_side_and_none_is_lost(serve: Serve) -> None:
    """Many at once over one stream, each with several requests: nothing is mixed up, no request of theirs is dropped."""

    def weave(port: KeyValue, args: Sequence[bytes]) -> bytes:
        name = args[0].decode()
        for step in range(5):
            port.put_many([(f"{name}/{step}", args[0])])
            assert port.get_many([f"{name}/{step}", "common"]) == [None, b"1"]
        port.emit("woven", args[0])
        return args[0] * 1000

    peer = serve(weave)
    peer.state["common"] = b"1"
    results = {name: peer.begin(name, name.encode()) for name in (f"t{number}" for number in range(200))}
    for name, result in results.items():
        message = result.result(10)
        assert message.type == Message.COMPLETED
        assert (message.chaincode_event.event_name, message.chaincode_event.payload) == ("woven", name.encode())
        assert name.encode() * 1000 in message.payload


def test_keepalive_is_answered_and_unknown_answers_are_ignored(serve: Serve) -> None:
    peer = serve()
    peer.send(Message(type=Message.KEEPALIVE))
    peer.send(Message(type=Message.RESPONSE, txid="long gone", channel_id=CHANNEL))
    assert peer.call("a", b"about").status == 200


def test_only_the_regulator_writes_the_party_registry(serve: Serve) -> None:
    peer = serve()
    record = PartyRecord("urn:party:1", 1, "wholesaler", glns=("0614141000005",))
    refused = peer.call("a", b"party_put", encode(record), caller="maker")
    assert refused.status == 500
    assert refused.message.startswith("REFUSED")
    assert peer.state == {}
    assert peer.call("b", b"party_put", encode(record), caller="regulator").status == 200
    again = peer.call("c", b"party_put", encode(record), caller="regulator")
    assert "REVISION have 1 got 1" in again.message
    assert decode_party(peer.call("d", b"party_get", b"urn:party:1", caller="hospital").payload) == record
    assert peer.call("e", b"party_get", b"urn:party:2").payload == b""


def test_what_could_not_be_judged_is_folded_later(serve: Serve) -> None:
    """Leaves whose witness does not reach stay unjudged or disputed; a refold with all leaves brings the same OPEN."""
    world = LedgerWorld(3, lanes=1)
    plain, peer = serve(), serve()
    for number, batch in enumerate(world.batches(seed=1)):
        plain.call(f"t{number}", b"commit", encode(batch))
        bare = [[_without_witness(group) for group in message.groups] for message in batch.messages]
        messages = [type(m)(m.number, m.previous, m.hash, groups) for m, groups in zip(batch.messages, bare, strict=True)]
        assert peer.call(f"t{number}", b"commit", encode(Batch(0, 0, messages))).status == 200
    behind = [unit for unit in world.key.values() if _state(peer, unit) != _state(plain, unit)]
    assert behind
    for epc, unit in world.key.items():
        if unit in behind:
            leaves = world.leaves[epc]
            assert "not the unit's" in peer.call("x", b"refold", encode(Refold(unit, 0, leaves[::-1] + leaves[:1]))).message
            assert "no stored base" in peer.call("y", b"refold", encode(Refold(unit, len(leaves) + 1, []))).message
            assert peer.call("z", b"refold", encode(Refold(unit, 0, leaves)), caller="hospital").event is not None
            assert _open(peer, unit) == _open(plain, unit)
    assert "no leaves" in peer.call("w", b"refold", encode(Refold(sm3(b"none"), 0, []))).message
    assert peer.state[lane_key(0, 0)] == plain.state[lane_key(0, 0)]


def _without_witness(group: Group) -> Group:
    return Group(group.unit, group.before, group.leaves, group.base, [], group.claim) if group.witness else group


def _state(peer: FakePeer, unit: bytes) -> bytes:
    return peer.call("u", b"unit", unit).payload


def _open(peer: FakePeer, unit: bytes) -> object:
    state = decode_unit(_state(peer, unit))
    return state.n, state.acc, state.open, state.judged


def test_the_process_says_what_is_missing_and_stops_cleanly(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CHAINCODE")}
    command = [sys.executable, "-m", "chaincode.server"]
    failed = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=20, check=False)
    assert failed.returncode == 2
    assert "CHAINCODE_ID is not set" in failed.stderr
    env = {**bare, "CHAINCODE_ID": "medtrace:def", "CHAINCODE_SERVER_ADDRESS": "127.0.0.1:0"}
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, cwd=ROOT, env=env, stderr=log) as process:
        deadline = time.monotonic() + 15
        while "at port" not in (text := (tmp_path / "log").read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        port = text.split("at port ")[1].split()[0]
        with FakePeer(f"127.0.0.1:{port}") as peer:
            assert peer.registered == "medtrace:def"
            assert peer.call("a", b"about").status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
