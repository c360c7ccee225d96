"""The simulator's claims: the same for a seed, readable by the line, in order, with journals and seals that hold."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ops.simulate import Claim, Simulation, read, write
from ops.simulate.__main__ import main
from ops.simulate.claims.signing import RepeatableKey
from pedigree.errors import DocumentError
from pedigree.factcheck import check_fact
from pedigree.messages import Fact
from pedigree.registry import Registry
from pedigree.seal import (
    JournalHead,
    KeyRing,
    PublicKey,
    decode_journal,
    decode_seal,
    generate_key,
    ring_key,
    verify_journal,
    verify_seal,
)
from pedigree.wire import parse
from services.epcis.validation import validate

FILES = ("claims.jsonl", "facts.json", "truth.json", "world.json")


class Run:
    def __init__(self, seed: int) -> None:
        self.world = Simulation(seed, 1_200, 25, 0.05)
        self.waiting = 0
        self.claims: list[Claim] = []
        for claim in self.world.claims():
            self.claims.append(claim)
            self.waiting = max(self.waiting, self.world.bundles.waiting)
        self.refused = {one["claim"]: one for one in self.world.refused}


@pytest.fixture(scope="module")
def run() -> Run:
    return Run(4)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write(tmp_path / name, seed, 300, 12, 0.05, packed=False)
    for file in FILES:
        first = (tmp_path / "a" / file).read_bytes()
        assert first == (tmp_path / "b" / file).read_bytes()
        assert first != (tmp_path / "c" / file).read_bytes()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    summary = write(tmp_path, 5, 300, 12, 0.05)
    world = read(tmp_path)
    made = Simulation(5, 300, 12, 0.05)
    assert list(world.claims()) == list(made.claims())
    truth = world.truth()
    assert (truth.frauds, truth.causes, truth.refused) == (made.frauds, made.causes, made.refused)
    assert Counter(one.kind for one in truth.mistakes) == summary["mistakes"]
    assert {one.cause for one in truth.mistakes} <= {one.id for one in truth.causes}
    assert world.facts == made.facts


def test_the_command_writes_a_world(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, ["--seed", "3", "--packs", "200", "--days", "8", "--out", str(tmp_path / "w")])
    assert done.exit_code == 0, done.output
    assert "claims" in done.output
    assert list(read(tmp_path / "w").claims()) == list(Simulation(3, 200, 8).claims())
    assert CliRunner().invoke(app, ["--seed", "3", "--packs", "5", "--out", str(tmp_path)]).exit_code == 2


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 5, 100, 10)
    packed = tmp_path / "claims.jsonl.zst"
    whole = packed.read_bytes()
    for damaged in (whole[:-40], whole[:50] + b"x" * 200, b"{}\n"):
        packed.write_bytes(damaged)
        with pytest.raises(DocumentError):
            list(read(tmp_path).claims())


def test_every_document_is_taken_in_but_those_marked_as_broken(run: Run) -> None:
    for claim in run.claims:
        try:
            faults = list(map(str, validate(parse(claim.body, claim.content_type))))
        except DocumentError as refused:
            faults = [str(refused)]
        assert bool(faults) == (claim.id in run.refused), (claim.id, faults)


def test_claims_arrive_in_order_and_broken_ones_come_again(run: Run) -> None:
    arrivals = [claim.arrival_ms for claim in run.claims]
    assert arrivals == sorted(arrivals)
    by_id = {claim.id: claim for claim in run.claims}
    assert len(by_id) == len(run.claims)
    again = [(by_id[id], by_id[one["again"]]) for id, one in run.refused.items() if one["again"]]
    assert again
    assert all(first.arrival_ms < second.arrival_ms and first.party == second.party for first, second in again)


def test_events_are_there_once_unless_declared_or_sent_again(run: Run) -> None:
    seen: Counter[str] = Counter()
    for claim in run.claims:
        if claim.id not in run.refused:
            events = parse(claim.body, claim.content_type).events
            seen.update(event["eventID"] for event in events if "errorDeclaration" not in event)
    assert max(seen.values()) == 1
    lost = sum(one["events"] for one in run.refused.values() if not one["again"])
    assert run.world.recorder.events - lost <= len(seen) <= run.world.recorder.events


def test_what_waits_is_bounded(run: Run) -> None:
    assert run.world.bundles.waiting == 0
    assert run.waiting < run.world.recorder.events / 3


def test_journals_continue_and_cover_their_documents(run: Run) -> None:
    devices = {one["key"]: PublicKey.from_hex(one["value"]["public_key"]) for one in run.world.facts if one["kind"] == "device"}
    ring = KeyRing("simulated", 1, [ring_key(run.world.gateway.public, "gateway", ("token",))])
    heads: dict[str, JournalHead] = {}
    proven = 0
    for claim in run.claims:
        if not claim.journal or claim.id in run.refused:
            continue
        entries = decode_journal(claim.journal.encode())
        brackets, heads[claim.device] = verify_journal(entries, devices[claim.device], ring, heads.get(claim.device))
        document = parse(claim.body, claim.content_type)
        hasher = document.hasher()
        assert [one.event_hash for one in brackets] == [hasher.hash(event) for event in document.events]
        assert all(one.earliest_ms is None or one.earliest_ms <= claim.arrival_ms for one in brackets)
        proven += sum(one.proof == "proven" for one in brackets)
    assert proven > 100


def test_seals_hold(run: Run) -> None:
    keys = {one["key"]: one["value"] for one in run.world.facts if one["kind"] == "seal_key"}
    sealed = [claim for claim in run.claims if claim.seal]
    assert sealed
    for claim in sealed[:40]:
        seal = decode_seal(claim.seal)
        assert keys[seal.key_id]["party"] == seal.party == claim.party
        verify_seal(seal, claim.body, PublicKey.from_hex(keys[seal.key_id]["public_key"]))


def test_signatures_repeat_and_hold() -> None:
    one, same, other = RepeatableKey("a"), RepeatableKey("a"), RepeatableKey("b")
    first, second = one.sign(b"x"), one.sign(b"x")
    assert (first, second) == (same.sign(b"x"), same.sign(b"x"))
    assert first != second
    for signature in (first, second):
        one.public.verify(b"x", signature)
    assert other.public != one.public != generate_key().public


def test_the_registry_takes_every_fact(run: Run) -> None:
    registry = Registry()
    for plain in run.world.facts:
        fact = Fact(**plain)
        assert check_fact(registry, fact) == []
        registry.apply(fact)
    kinds = Counter(one["kind"] for one in run.world.facts)
    assert {"party", "product", "device", "seal_key", "lane_norm", "delegation"} <= kinds.keys()


def test_the_simulator_does_not_know_the_rules() -> None:
    """It may use identifiers, wire forms, times, seals and errors, and nothing else of the domain or the line."""
    allowed = {"identifiers", "wire", "times", "seal", "errors"}
    root = Path(__file__).parents[2] / "ops" / "simulate"
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                room, _, rest = name.partition(".")
                assert room not in {"streams", "graph", "ledger", "chaincode", "services", "eventlog"}, (file, name)
                assert room != "pedigree" or rest.partition(".")[0] in allowed, (file, name)
                assert room != "ops" or name.startswith("ops.simulate"), (file, name)
