"""The ledger on a real network of four organisations. Runs where Hyperledger's programs are found; says so where not."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from chaincode.functions import call
from chaincode.messages import decode_receipt, encode
from chaincode.parties import PartyRecord
from chaincode.shim.service import start
from ledger.checkpoints import check_lanes
from ledger.embedded import EmbeddedLedger
from ledger.fabric.crosscheck import check_chain, check_peer
from ledger.fabric.errors import EndorsementError, FabricError, ProfileError, RefusedError, UnreachableError
from ledger.fabric.gateway import Gateway
from ledger.fabric.ledger import FabricLedger, open_ledger
from ledger.fabric.profile import open_gateways
from ledger.proofs import unit_proof
from ops.clock import now_ms
from ops.fabric import processes
from ops.fabric.network import Network
from ops.fabric.plan import CHAINCODE, CHANNEL, MEMBERS, Ordering, make_plan
from ops.fabric.programs import MissingProgramsError, find_programs
from pedigree.custody.leaf import leaf_unit_key
from pedigree.ports import KeyValue
from pedigree.proof import verify_checkpoint, verify_proof
from pedigree.seal import KeyRing, PrivateKey, decode_keyring, ring_key, sm3
from tests.contract.ledger_world import Clock, LedgerWorld, commit_all
from tests.integration.fake_network import FakeNetwork
from tests.integration.live import moved, state_of, take, wait_for
from tests.property.units import KEY

pytestmark = pytest.mark.stack
ORIGIN = "medtrace.test"


@pytest.fixture(scope="module", params=["raft", "bft"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    try:
        find_programs()
    except MissingProgramsError as missing:
        pytest.skip(f"the Fabric network does NOT run here: {missing}")
    ordering: Ordering = request.param
    made = Network(tmp_path_factory.mktemp(ordering) / "network")
    try:
        made.make(make_plan(ordering, origin=ORIGIN, interval_ms=2_000))
        made.start()
        yield made
    finally:
        made.reset()


@pytest.fixture
def ledger(network: Network, tmp_path: Path) -> Iterator[FabricLedger]:
    opened = open_ledger(tmp_path / "index.sqlite", network.folder.profile("maker"), now_ms)
    opened.wait_for_network(threading.Event())
    yield opened
    opened.close()


def test_it_holds_what_the_embedded_ledger_holds(network: Network, ledger: FabricLedger, tmp_path: Path) -> None:
    """Same batches: same states, positions, roots; four peers agree; a proof that three witnesses back is verified offline."""
    world = LedgerWorld(101)
    batches = moved(world, 1, rename=False)
    plain = EmbeddedLedger(tmp_path / "plain.sqlite", clock=Clock())
    commit_all(plain, batches)
    ledger.check_contract()
    commit_all(ledger, batches)
    assert state_of(ledger, world) == state_of(plain, world)
    assert [lane for lane in ledger.lanes() if lane[0] == 1] == plain.lanes()
    assert ledger.faults() == check_chain(ledger) == []
    first = next(event for event in ledger._client.gateways[0].events(0) if event.name == "committed")
    assert ledger.transaction(first.transaction)[0].block == first.block
    assert decode_receipt(first.payload).batch == 0
    _, gateways = open_gateways(network.folder.profile("regulator"), now_ms)
    for gateway in gateways:
        before = ledger.height()  # witnesses put checkpoints on the channel all the time: the index grows meanwhile
        checked = check_peer(ledger, gateway)
        assert (checked.differs, checked.problem) == ((), "")
        assert before <= checked.compared <= ledger.height()
        gateway.close()
    ring = decode_keyring(network.folder.witnesses.read_bytes())

    def signed() -> bool:
        lanes = [lane for lane in check_lanes(ledger, ring) if lane.generation == 1]
        return all(lane.covered == lane.size and len(lane.signers) >= 3 and not lane.differs for lane in lanes)

    wait_for(signed)
    checkpoint = ledger.checkpoint(1, 0)
    assert checkpoint is not None
    assert len(verify_checkpoint(checkpoint, ring)) >= 3
    issuer = PrivateKey(sm3(b"issuer"))
    published = KeyRing(ORIGIN, 3, [*ring.keys, ring_key(issuer.public, "operator", ("proof",))])
    epc = max(world.leaves, key=lambda unit: len(world.leaves[unit]))
    data = unit_proof(
        ledger, epc=epc, consortium=KEY, leaves=world.leaves[epc], claims=[], issuer="operator", key=issuer, ring=published,
        now_ms=now_ms(),
    )  # fmt: skip
    assert data is not None
    assert verify_proof(data, published, leaf_unit_key).count == len(world.leaves[epc])
    plain.close()


def test_the_party_registry_is_written_by_the_regulator_only(network: Network, ledger: FabricLedger, tmp_path: Path) -> None:
    record = PartyRecord("urn:example:pharmacy", 1, "dispenser", glns=("0614141000005",))
    with pytest.raises(RefusedError, match="written by regulator, not by maker"):
        ledger.put_party(record)
    # Not even when only the own organisation is asked: the answer would have to come from its own peer.
    with pytest.raises(RefusedError, match="written by regulator"):
        ledger._client.gateways[0].endorse([b"party_put", encode(record)], organisations=["maker"])
    regulator = open_ledger(tmp_path / "regulator.sqlite", network.folder.profile("regulator"), now_ms)
    regulator.put_party(record)
    ledger.catch_up()
    assert ledger.parties() == [record]
    regulator.close()


def test_a_changed_contract_cannot_get_its_answer_endorsed(network: Network, ledger: FabricLedger) -> None:
    """The hospital runs a contract that agrees with everybody. Its answer stands alone: refused while collecting, and
    invalid when it is submitted with that endorsement only."""

    def changed(port: KeyValue, args: list[bytes]) -> bytes:
        if args[0] == b"party_put":
            port.put_many([("party/evil", args[1])])
            return b""
        return call(port, args)

    record = encode(PartyRecord("evil", 1, "wholesaler"))
    name = "contract-hospital"
    process = network.process(name)
    processes.stop([name], network.folder)
    server, _ = start(process.environment["CHAINCODE_ID"], process.environment["CHAINCODE_SERVER_ADDRESS"], changed)
    gateways = {gateway.organisation: gateway for gateway in ledger._client.gateways}
    try:
        wait_for(lambda: _answers(gateways["hospital"]))
        prepared = gateways["hospital"].endorse([b"party_put", record], organisations=["hospital"])
        with pytest.raises((RefusedError, EndorsementError)):
            gateways["hospital"].endorse([b"party_put", record], organisations=list(MEMBERS[1:]))
        gateways["maker"].submit(prepared)
        assert gateways["maker"].status(prepared.transaction).name == "ENDORSEMENT_POLICY_FAILURE"
        commit_all(ledger, moved(LedgerWorld(102, packs=2), 2)[:3])
    finally:
        server.stop(0).wait()
        processes.start(process, find_programs(), network.folder)
    assert [party.party for party in ledger.parties()] != ["evil"]
    rows = ledger.transaction(prepared.transaction[:20])
    assert [(row.code, row.member, row.endorsers) for row in rows] == [(10, "maker", ("hospital",))]


def _answers(gateway: object) -> bool:
    try:
        return bool(gateway.endorse([b"about"], organisations=["hospital"]).payload)  # type: ignore[attr-defined]
    except FabricError:
        return False


VICTIMS = [
    ("peer-maker", signal.SIGKILL),
    ("contract-maker", signal.SIGKILL),
    ("contract-regulator", signal.SIGKILL),
    ("orderer-regulator", signal.SIGKILL),
    ("peer-maker", signal.SIGSTOP),
    ("contract-maker", signal.SIGSTOP),
]


@pytest.mark.parametrize("number", range(len(VICTIMS)), ids=lambda n: f"{VICTIMS[n][0]}-{VICTIMS[n][1].name}")
def test_a_killed_or_paused_process_loses_and_doubles_nothing(
    network: Network, ledger: FabricLedger, tmp_path: Path, number: int
) -> None:
    """In the middle of two lanes' commits: kill -9 and a restart a second later, or a pause that outlasts the patience."""
    victim, how = VICTIMS[number]
    world = LedgerWorld(110 + number, packs=8)
    batches = moved(world, 10 + number)
    failures: list[BaseException] = []

    def write(lane: int) -> None:
        try:
            for batch in batches:
                if batch.partition == lane:
                    take(ledger, batch)
        except FabricError as failed:
            failures.append(failed)

    threads = [threading.Thread(target=write, args=(lane,)) for lane in (0, 1)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    process = network.process(victim)
    pid = processes.pid_of(victim, network.folder)
    assert pid is not None
    os.kill(pid, how)
    wake = threading.Timer(12, os.kill, (pid, signal.SIGCONT))
    if how == signal.SIGSTOP:
        wake.start()
    else:
        time.sleep(1)
        processes.start(process, find_programs(), network.folder)
    for thread in threads:
        thread.join(120)
    assert failures == []
    plain = EmbeddedLedger(tmp_path / "plain.sqlite", clock=Clock())
    commit_all(plain, batches)
    assert state_of(ledger, world) == state_of(plain, world)
    assert [lane for lane in ledger.lanes() if lane[0] == 10 + number] == plain.lanes()
    assert plain.counts().disputed == ledger.counts().disputed == 0
    plain.close()
    if how == signal.SIGSTOP:
        wake.join()
        wait_for(lambda: _works(network))


def _works(network: Network) -> bool:
    return network.wait_ready(20) > 0


def test_what_is_wrong_in_a_profile_is_said_with_what_to_do(network: Network, tmp_path: Path) -> None:
    """Contract, channel, certificate, clock, TLS authority: one clear message each, at once."""
    _, (gateway, other, *_) = open_gateways(network.folder.profile("maker"), now_ms)
    foreign = FakeNetwork().clients["maker"]
    own_tls = (network.folder.peer_host("maker") / "tls/ca.crt").read_bytes()
    mixed = Gateway("hospital", other.address, own_tls, gateway.identity, CHANNEL, CHAINCODE, now_ms)
    gateway.chaincode = "other"
    with pytest.raises(FabricError, match=r"No metadata was found for chaincode other in channel medtrace.*check the profile"):
        gateway.endorse([b"about"])
    gateway.chaincode, gateway.channel = CHAINCODE, "elsewhere"
    with pytest.raises(FabricError, match=r"channel elsewhere: check the profile's channel"):
        gateway.evaluate([b"about"])
    with pytest.raises(FabricError, match="no blocks of channel 'elsewhere'"):
        next(gateway.blocks(0))
    gateway.channel, gateway.identity = CHANNEL, foreign
    with pytest.raises(ProfileError, match="check the profile's member, certificate and key"):
        gateway.endorse([b"about"])
    with pytest.raises(UnreachableError, match="check the profile's tls_ca"):
        mixed.endorse([b"about"], 3)
    late = open_gateways(network.folder.profile("maker"), lambda: now_ms() - 20 * 60_000)[1][0]
    with pytest.raises(ProfileError, match="set this machine's clock"):
        late.endorse([b"about"])
    for one in (gateway, mixed, late):
        one.close()


def test_it_stops_and_starts_with_its_data(network: Network, ledger: FabricLedger) -> None:
    world = LedgerWorld(120, packs=2)
    batches = moved(world, 20)
    commit_all(ledger, batches[:2])
    network.stop()
    assert {status.pid for status in network.status()} == {None}
    network.start()
    commit_all(ledger, batches[2:])
    assert all(status.pid for status in network.status())
