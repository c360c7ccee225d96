"""`medtrace ledger` over an index of a channel in memory, and over the embedded ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from chaincode.parties import PartyRecord
from ledger.embedded import EmbeddedLedger
from ledger.fabric.gateway import Gateway
from ledger.fabric.index import open_index
from ledger.fabric.ledger import FabricLedger
from ledger.witness import Witness
from ops.cli import ledger as commands
from pedigree.custody.leaf import decode_leaf
from pedigree.custody.steps import Kind
from pedigree.proof import decode_batch
from pedigree.seal import KeyRing, encode_keyring, ring_key
from tests.contract.ledger_world import ORIGIN, START_MS, WITNESS, Clock, LedgerWorld, commit_all
from tests.integration.fake_gateway import FakeGateway
from tests.integration.fake_network import CHAINCODE, CHANNEL, MEMBERS, FakeNetwork

LATER = START_MS + 3_600_000


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with index.sqlite, published.json and profile.json of a channel that has two lanes and a party."""
    folder = tmp_path_factory.mktemp("channel")
    network = FakeNetwork()
    peers = {member: FakeGateway(network, member) for member in MEMBERS}
    gateway = Gateway("regulator", peers["regulator"].address, b"", network.clients["regulator"], CHANNEL, CHAINCODE, Clock())
    ledger = FabricLedger(folder / "index.sqlite", [gateway], network.genesis)
    commit_all(ledger, LedgerWorld(41).batches())
    Witness(ledger, WITNESS, "regulator", ORIGIN).tick(LATER)
    ledger.put_party(PartyRecord("urn:example:clinic", 1, "dispenser", glns=("0614141000005",)))
    ring = KeyRing(ORIGIN, 1, [ring_key(WITNESS.public, "regulator", ("checkpoint",))])
    (folder / "published.json").write_bytes(encode_keyring(ring))
    ledger.close()
    certificate, key = network.books["hospital"].files("client")
    (folder / "client.pem").write_bytes(certificate)
    (folder / "client.key").write_bytes(key)
    profile = {
        "member": "hospital", "channel": CHANNEL, "chaincode": CHAINCODE, "genesis": network.genesis.hex(),
        "certificate": "client.pem", "key": "client.key",
        "peers": [{"organisation": member, "address": peer.address} for member, peer in peers.items()],
    }  # fmt: skip
    (folder / "profile.json").write_text(json.dumps(profile))
    yield folder
    for peer in peers.values():
        peer.stop()


def run(folder: Path, *arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(commands.app, [*arguments, "--index", str(folder / "index.sqlite"), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.output)


def test_lanes_batches_transactions_and_parties_are_shown(channel: Path) -> None:
    lanes = run(channel, "lanes")["lanes"]
    assert [(lane["lane"], lane["covers"] == lane["batches"], lane["signers"]) for lane in lanes] == [
        ("0/0", True, ["regulator"]),
        ("0/1", True, ["regulator"]),
    ]
    batch = run(channel, "batch", "0/1/2")
    assert batch["endorsers"] == ["distributor", "hospital", "maker"]
    [found] = run(channel, "tx", batch["transaction"][:12])["transactions"]
    assert (found["id"], found["member"], found["function"], found["code"]) == (batch["transaction"], "regulator", "commit", 0)
    assert (found["lane"], found["batch"]) == ([0, 1], 2)
    assert run(channel, "party")["parties"][0]["party"] == "urn:example:clinic"
    assert run(channel, "party", "urn:example:nobody")["parties"] == []


def test_record_times_far_from_the_transaction_s_own_are_flagged(channel: Path) -> None:
    world = LedgerWorld(41)
    index = open_index(channel / "index.sqlite")
    seen = set()
    for batch in world.batches():
        first = batch.messages[0].number
        at = next(r.batch for r in index.receipts(0, batch.partition) if decode_batch(r.record).first == first)
        row = index.transaction_of(0, batch.partition, at)
        assert row is not None
        leaves = [decode_leaf(leaf) for message in batch.messages for group in message.groups for leaf in group.leaves]
        stated = [leaf.record for leaf in leaves if leaf.kind == Kind.EVENT and leaf.record >= 0]
        assert row.apart_ms == max((abs(row.time_ms - record) for record in stated), default=None)
        assert row.flagged == any(abs(row.time_ms - record) > 15 * 60_000 for record in stated)
        shown = run(channel, "batch", f"0/{batch.partition}/{at}")
        assert (shown["flagged"], shown["apart_ms"]) == (row.flagged, row.apart_ms)
        seen.add(row.flagged)
    assert True in seen
    index.close()


def test_everything_is_verified_with_every_organisations_peer(channel: Path) -> None:
    keys, profile = ("--keys", str(channel / "published.json")), ("--profile", str(channel / "profile.json"))
    found = run(channel, "verify", *keys, *profile)
    assert found["holds"]
    assert found["not_asked"] == []
    assert [line.split("'")[0] for line in found["checked"][3:]] == ["hospital", "maker", "distributor", "regulator"]
    assert run(channel, "verify", *keys)["not_asked"] != []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE block SET codes = x'0a' WHERE number = 3", "judges its transactions otherwise"),
        ("UPDATE block SET data_hash = zeroblob(32) WHERE number = 4", "block 4"),
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND idx = 1 AND partition = 1", "ledger.node 0/1/0/1"),
        ("UPDATE checkpoint SET root = zeroblob(32) WHERE partition = 0", "signature by regulator does not hold"),
    ],
)
def test_what_was_changed_is_named(channel: Path, tmp_path: Path, change: str, words: str) -> None:
    with sqlite3.connect(channel / "index.sqlite") as source, sqlite3.connect(tmp_path / "index.sqlite") as copy:
        source.backup(copy)
        copy.execute(change)
    keys, profile = ("--keys", str(channel / "published.json")), ("--profile", str(channel / "profile.json"))
    found = run(tmp_path, "verify", *keys, *profile, code=1)
    assert not found["holds"]
    assert any(words in line for line in found["differs"])


def test_the_embedded_ledger_answers_too(channel: Path, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    plain = EmbeddedLedger(tmp_path / "ledger.sqlite", clock=Clock())
    commit_all(plain, LedgerWorld(41).batches())
    Witness(plain, WITNESS, "regulator", ORIGIN).tick(LATER)
    plain.close()
    data = ["--data", str(tmp_path), "--json"]
    result = CliRunner().invoke(commands.app, ["verify", "--keys", str(channel / "published.json"), *data])
    assert json.loads(result.output)["holds"]
    result = CliRunner().invoke(commands.app, ["batch", "0/0/0", *data])
    assert json.loads(result.output)["leaves"] >= 0
    result = CliRunner().invoke(commands.app, ["tx", "00", *data])
    assert "embedded ledger" in str(result.exception)
