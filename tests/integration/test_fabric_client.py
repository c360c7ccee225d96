"""The client rule on a faulty network: nothing lost, nothing doubled, and each thing that is wrong is said in its words."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")


from chaincode.messages import Batch
from chaincode.parties import PartyRecord
from ledger.embedded import EmbeddedLedger
from ledger.fabric.client import Timeouts
from ledger.fabric.errors import FabricError, InvalidatedError, ProfileError, RefusedError, UnknownOutcomeError, UnreachableError
from ledger.fabric.ledger import open_ledger
from tests.contract.ledger_world import START_MS, Clock, LedgerWorld, commit_all
from tests.integration.channel import Line
from tests.integration.fake_gateway import FakeGateway, Fault
from tests.integration.fake_network import FakeNetwork


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(31)


def sometimes(rng: random.Random, *words: str, share: float = 0.3) -> Fault:
    return lambda: rng.choice(words) if rng.random() < share else ""


def times(count: int, word: str) -> Fault:
    left = iter([word] * count)
    return lambda: next(left, "")


@pytest.mark.parametrize("seed", range(3))
def test_random_faults_lose_and_double_nothing(line: Line, world: LedgerWorld, tmp_path: Path, seed: int) -> None:
    """Lost and repeated submissions, silent peers, stale endorsers, broken block streams, on all gateways, two lanes at once."""
    rng = random.Random(seed)
    peers = []
    for member in ("maker", "hospital"):
        faults = {
            "Endorse": sometimes(rng, "down", "stale"),
            "Submit": sometimes(rng, "lost", "late"),
            "CommitStatus": sometimes(rng, "down"),
            "Deliver": sometimes(rng, "broken", share=0.1),
        }
        peers.append(line.gateway(member, faults))
    ledger = line.ledger(*peers)
    batches = list(world.batches())
    failures: list[BaseException] = []

    def write(lane: int) -> None:
        try:
            commit_all(ledger, [batch for batch in batches if batch.partition == lane])
        except FabricError as failed:
            failures.append(failed)

    threads = [threading.Thread(target=write, args=(lane,)) for lane in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    plain = EmbeddedLedger(tmp_path / "plain.sqlite", clock=Clock())
    commit_all(plain, batches)
    assert list(ledger.dump()) == list(plain.dump())
    assert ledger.faults() == []
    rows = [ledger.transaction_of(0, batch.partition, index) for batch, index in _numbered(batches)]
    assert all(row is not None and row.code == 0 and len(row.endorsers) == 3 for row in rows)
    plain.close()


def _numbered(batches: list[Batch]) -> Iterator[tuple[Batch, int]]:
    counts = [0, 0]
    for batch in batches:
        yield batch, counts[batch.partition]
        counts[batch.partition] += 1


def test_an_unknown_outcome_is_said_and_the_batch_is_found_afterwards(line: Line, world: LedgerWorld) -> None:
    """All answers are lost, and so is the index's stream: the next try meets the own batch and takes its receipt."""
    held = threading.Event()
    peer = line.gateway(faults={"Submit": times(99, "late"), "CommitStatus": times(99, "down")})
    ledger = line.ledger(peer, timeouts=Timeouts(whole=0.5, endorse=2, submit=1, status=0.2))
    peer.faults["Deliver"] = lambda: "held" if not held.is_set() else ""
    first = next(iter(world.batches()))
    time.sleep(0.1)
    with pytest.raises(UnknownOutcomeError, match="what became of it"):
        ledger.commit(first)
    peer.faults.pop("Submit")
    peer.faults.pop("CommitStatus")
    assert ledger.head(0, 0).size == 0
    threading.Timer(0.3, held.set).start()
    receipt = ledger.commit(first)
    assert (receipt.batch, receipt.size) == (0, 1)
    assert ledger.head(0, 0).size == 1
    with pytest.raises(RefusedError, match="GAP have"):
        ledger.commit(first)


def test_a_dead_gateway_is_left_for_another_organisations(line: Line, world: LedgerWorld) -> None:
    first, second = line.gateway("maker"), line.gateway("regulator")
    ledger = line.ledger(first, second)
    batches = [batch for batch in world.batches() if batch.partition == 0]
    ledger.commit(batches[0])
    first.stop()
    for batch in batches[1:4]:
        ledger.commit(batch)
    assert ledger.head(0, 0).size == 4


def test_what_is_endorsed_by_too_few_is_invalid_and_said_so(line: Line, world: LedgerWorld) -> None:
    gateway, *_ = line.connect(line.gateway())
    prepared = gateway.endorse([b"head", b"0", b"0"], organisations=["maker", "hospital"])
    gateway.submit(prepared)
    status = gateway.status(prepared.transaction)
    assert status.name == "ENDORSEMENT_POLICY_FAILURE"
    peer = line.gateway()
    network = line.network
    whole = network.prepare
    network.prepare = lambda proposal, done, endorsers: whole(proposal, done, endorsers[:2])  # type: ignore[method-assign]
    with pytest.raises(InvalidatedError, match="ENDORSEMENT_POLICY_FAILURE"):
        line.ledger(peer).commit(next(iter(world.batches())))


def test_the_party_registry_is_the_regulators(line: Line) -> None:
    record = PartyRecord("urn:example:party", 1, "hospital", glns=("0614141000005",))
    with pytest.raises(RefusedError, match="written by regulator, not by hospital"):
        line.ledger(line.gateway(), caller="hospital").put_party(record)
    ledger = line.ledger(line.gateway("regulator"), caller="regulator", name="b")
    ledger.put_party(record)
    assert ledger.parties() == [record]
    with pytest.raises(RefusedError, match="REVISION"):
        ledger.put_party(record)


def test_organisations_that_run_other_rules_are_named(line: Line) -> None:
    """They would not endorse each other's answers: the message says whose contract is another one."""
    other = FakeNetwork(lambda port, args: b"medtrace/contract/1 0123456789abcdef")
    strange = FakeNetwork(lambda port, args: b"medtrace/contract/9 0123456789abcdef")
    own, second, third = line.gateway("maker"), FakeGateway(other, "hospital"), FakeGateway(strange, "regulator")
    try:
        line.ledger(own).check_contract()
        with pytest.raises(ProfileError, match=r"different rules.*hospital 0123456789abcdef"):
            line.ledger(own, second, name="b").check_contract()
        with pytest.raises(ProfileError, match="regulator says 'medtrace/contract/9"):
            line.ledger(own, third, name="c").check_contract()
        most = line.ledger(own, line.gateway("distributor"), third, name="d")
        assert most.check_contract() == ["regulator says 'medtrace/contract/9 0123456789abcdef'"]  # the majority goes on
        second.stop()
        with pytest.raises(UnreachableError, match="the peer of hospital"):
            line.ledger(second, name="e").check_contract()
    finally:
        second.stop()
        third.stop()


def test_a_profile_that_cannot_work_names_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    clock: Callable[[], int] = lambda: START_MS  # noqa: E731
    with pytest.raises(ProfileError, match="can't be read"):
        open_ledger(tmp_path / "index.sqlite", path, clock)
    path.write_text('{"member": "maker"}')
    with pytest.raises(ProfileError, match="channel"):
        open_ledger(tmp_path / "index.sqlite", path, clock)
    peers = '[{"organisation": "maker", "address": "127.0.0.1:1"}]'
    path.write_text(
        '{"member": "maker", "channel": "c", "chaincode": "m", "genesis": "00", "certificate": "c.pem", "key": "k.pem",'
        f'"peers": {peers}}}'
    )
    with pytest.raises(ProfileError, match=r"c\.pem can't be read"):
        open_ledger(tmp_path / "index.sqlite", path, clock)
    (tmp_path / "c.pem").write_text("x")
    (tmp_path / "k.pem").write_text("x")
    with pytest.raises(ProfileError, match="private key of maker"):
        open_ledger(tmp_path / "index.sqlite", path, clock)
