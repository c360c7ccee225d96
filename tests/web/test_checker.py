"""The page that checks proofs without us says yes and no as the Python checker does: in Node, in a browser, served and saved."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from ledger.embedded import EmbeddedLedger
from ledger.proofs import unit_proof
from ledger.witness import Witness
from pedigree.merkle import leaf_hash
from pedigree.proof import checkpoint_body, checkpoint_hash, decode_proof
from pedigree.proof.file import proof_body
from pedigree.seal import encode_keyring, sm3, unit_key
from services.verify import checker
from tests.contract.ledger_world import ORIGIN, WITNESS, Clock, LedgerWorld, commit_all
from tests.property.units import KEY
from tests.unit.ledger_file import LATER, RING
from tests.web.checker_edits import edits, signed_edits, strange_leaves
from tests.web.checker_world import SHAPES, holds, odd_rings, spellings, tampered
from tests.web.public_world import PublicWorld

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no Node on this machine: the checker's arithmetic was not run in bulk")
SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
KEYS = encode_keyring(SHAPES["two lanes"][1])
_LOOP = """
const raw = text => new Uint8Array(Buffer.from(text, 'base64'));
const lines = require('fs').readFileSync(0, 'utf8').split('\\n').filter(line => line);
for (const line of lines) console.log(JSON.stringify(checkProof(...JSON.parse(line).map(raw)).why));
"""


def node(script: str, given: str = "") -> str:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--input-type=commonjs", "-e", f"'use strict';\n{checker.CORE}\n{script}"],
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def reasons(pairs: list[tuple[bytes, bytes]]) -> list[str]:
    """Why the page refuses each pair of files; '' where the proof holds."""
    given = "\n".join(json.dumps([b64encode(one).decode() for one in pair]) for pair in pairs)
    return [json.loads(line) for line in node(_LOOP, given).splitlines()]


def compare(pairs: list[tuple[bytes, bytes]]) -> int:
    """Asserts that both checkers agree about all; how many hold."""
    said = reasons(pairs)
    assert len(said) == len(pairs)
    both = [(why == "", holds(*pair)) for why, pair in zip(said, pairs, strict=True)]
    wrong = [(at, said[at]) for at, (theirs, ours) in enumerate(both) if theirs != ours]
    assert wrong == []
    return sum(ours for _, ours in both)


@needs_node
def test_vectors_of_the_standards() -> None:
    """SM3: GB/T 32905-2016, appendix A. SM2: GB/T 32918.5-2017, appendix A.2."""
    assert (
        node("console.log(toHex(sm3(utf8('abc'))))").strip() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    lengths = [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000]
    said = node(f"for (const n of {lengths}) console.log(toHex(sm3(new Uint8Array(n).fill(97))))").split()
    assert said == [sm3(b"a" * n).hex() for n in lengths]
    x, y = (
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020",
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
    )
    r, s = (
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3",
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
    )
    der = f"3046022100{r}022100{s}"
    ask = "console.log(sm2Holds(fromHex('{}'), utf8('{}'), fromHex('{}')))"
    changed = [
        (f"04{x}{y}", "message digest", der),
        (f"04{x}{y}", "message digesu", der),
        (f"04{x}{y}", "message digest", der[:-1] + "B"),
        (f"04{y}{x}", "message digest", der),
        (f"04{x}{y}", "message digest", der.replace("3046", "308146")),
    ]
    assert node("\n".join(ask.format(*one) for one in changed)).split() == ["true", "false", "false", "false", "false"]


@needs_node
def test_both_checkers_agree() -> None:
    """Genuine proofs hold; lies, other spellings, other keys and random edits are told apart alike."""
    good = [(data, encode_keyring(ring)) for data, ring in SHAPES.values()]
    assert compare(good) == len(good)
    first = SHAPES["two lanes"][0]
    # Other claims (twice) or another time, signed by the gateway, are its own word; a leaf may grow at its end.
    assert compare([(data, KEYS) for data in [*tampered(), *spellings(first)]]) == 4
    assert 0 < compare([(first, keys) for keys in odd_rings()]) < len(odd_rings())
    dice = random.Random(5)
    small, ring = SHAPES["one leaf"]
    compare([(data, KEYS) for data in [*edits(first, 60, dice), *signed_edits(60, dice)]])
    compare([(data, encode_keyring(ring)) for data in edits(small, 60, dice)])
    compare([(SHAPES["threshold 1"][0], keys) for keys in edits(encode_keyring(SHAPES["threshold 1"][1]), 40, dice)])
    strange = [(data, encode_keyring(SHAPES["threshold 1"][1])) for data in strange_leaves(40, dice)]
    assert 0 < compare(strange) < len(strange)


@needs_node
@pytest.mark.slow
def test_both_checkers_agree_about_very_many() -> None:
    dice = random.Random(6)
    for data, ring in SHAPES.values():
        keys = encode_keyring(ring)
        compare([(one, keys) for one in edits(data, 800, dice)])
        compare([(data, one) for one in edits(keys, 300, dice)])
    compare([(data, KEYS) for data in signed_edits(800, dice)])
    compare([(data, encode_keyring(SHAPES["threshold 1"][1])) for data in strange_leaves(700, dice)])


@needs_node
def test_proofs_of_the_embedded_ledger_hold(tmp_path: Path) -> None:
    """Every unit of a random world, decided by the custody step: packs and boxes, quotes, edges, several batches."""
    world = LedgerWorld(11)
    with closing(EmbeddedLedger(tmp_path / "ledger.sqlite", clock=Clock())) as ledger:
        commit_all(ledger, world.batches(most=2))
        Witness(ledger, WITNESS, "operator", ORIGIN).tick(LATER)
        made = [
            unit_proof(
                ledger,
                epc=epc,
                consortium=KEY,
                leaves=leaves,
                claims=[],
                issuer="operator",
                key=WITNESS,
                ring=RING,
                now_ms=LATER,
            )
            for epc, leaves in world.leaves.items()
        ]
    proofs = [data for data in made if data is not None]
    assert len(proofs) > 5
    assert max(decode_proof(data).count for data in proofs) > 3
    assert max(len({leaf.batch_index for leaf in decode_proof(data).leaves}) for data in proofs) > 1
    assert compare([(data, encode_keyring(RING)) for data in proofs]) == len(proofs)


@needs_node
def test_the_sample_of_the_documentation_holds() -> None:
    """docs/proof.md takes it apart number by number."""
    sample, keys = ((SAMPLES / name).read_bytes() for name in ("proof.json", "proof-keys.json"))
    assert compare([(sample, keys), (sample.replace(b"3", b"4", 1), keys), (sample, KEYS.replace(b"example", b"exemple"))]) == 1
    told = (SAMPLES.parent / "proof.md").read_text(encoding="utf-8")
    proof = decode_proof(sample)
    leaf, batch = (bytes.fromhex(text) for text in (proof.leaves[0].leaf, proof.leaves[0].batch))
    checkpoint = proof.checkpoints[0]
    for value in (
        unit_key(proof.unit, bytes.fromhex(proof.s1)),
        leaf_hash(leaf),
        leaf_hash(batch),
        checkpoint_hash(checkpoint),
        sm3(proof_body(proof)),
    ):
        assert value.hex() in told
    assert checkpoint_body(checkpoint).hex() in told
    assert proof.acc in told
    assert checkpoint.root in told


@needs_node
def test_numbers_and_texts_are_written_as_python_writes_them() -> None:
    dice = random.Random(8)
    values: list[Any] = [10.0**n for n in range(-25, 30)] + [
        dice.uniform(-1, 1) * 10.0 ** dice.randrange(-30, 30) for _ in range(300)
    ]
    values += ["".join(map(chr, range(0x180))), "\u2028\u2029\ufffd\U00010000", 2**64, -(10**40), [], {}, [[]], {"": {"": []}}]
    text = msgspec.json.format(msgspec.json.encode(values), indent=2).decode()
    said = node("process.stdout.write(writeJson(readJson(require('fs').readFileSync(0, 'utf8'))))", text)
    assert said == text


def test_served_whole_and_closed(tmp_path: Path) -> None:
    """One file under 60 KB; policy by hashes in the page and in the header; rate-limited as the other pages are."""
    world = PublicWorld(tmp_path, rate=0.001, burst=2)
    try:
        browser = TestClient(world.public)
        answer = browser.get("/check")
        assert answer.text == checker.PAGE
        assert len(answer.content) < 60_000
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "connect-src" not in policy
        told = re.search(r'Content-Security-Policy" content="([^"]+)"', answer.text)
        assert told is not None
        assert policy.startswith(told[1])
        assert not re.search(r"(?i)https?://|\bfetch\(|XMLHttpRequest|innerHTML|\beval\(|\bimport\b", answer.text)
        browser.get("/check")
        assert browser.get("/check").status_code == 429
    finally:
        world.close()
