"""kill -9 of the writer again and again while documents come in: everything answered 2xx is there once, and what comes out is
what an undisturbed line makes of the same documents."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.witness import keyring_for
from ops.check import Secrets, check_data
from ops.demo.world import make_world
from ops.layout import Layout
from pedigree.messages import decode_document
from pedigree.ports import DOCUMENTS
from pedigree.seal import sm3
from tests.acceptance.digests import copy_documents, differences, results
from tests.acceptance.line import CONSORTIUM, GATEWAY, ORIGIN, Line

NOW = 1_790_000_000_000
ROOT = Path(__file__).parents[2]
SECRETS = Secrets(CONSORTIUM, keyring_for(ORIGIN, "operator", GATEWAY.public))


def writer(folder: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.kill_world", str(folder), str(NOW)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    return child


def come_to(line: Line) -> dict[str, str]:
    line.settle()
    return dict(results(line.store, line.ledger, line.graph, CONSORTIUM))


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_a_writer_killed_under_load_loses_and_doubles_nothing(tmp_path: Path, kills: int) -> None:
    rng = random.Random(kills)
    world = make_world(kills, 1_000 if kills < 50 else 5_000, NOW)
    line = Line(tmp_path / "killed", NOW)
    line.state(world)
    glns = {key: one["gln"] for key, one in world.manifest["parties"].items()}
    letters = list(world.letters)
    taken = 0
    for left in range(kills, 0, -1):
        child = writer(line.folder)
        deadline = time.monotonic() + rng.uniform(0.0, 0.4)
        share = len(letters) * (kills - left + 1) // kills
        while taken < share or time.monotonic() < deadline:
            if taken < len(letters):
                letter = letters[taken]
                line.send(letter.body, letter.content_type, glns[letter.who], letter.arrival)
                taken += 1
            if time.monotonic() > deadline:
                break
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()  # type: ignore[union-attr]
    for letter in letters[taken:]:
        line.send(letter.body, letter.content_type, glns[letter.who], letter.arrival)
    line.reopen()

    kept = [decode_document(r.value) for p in range(4) for r in line.log.read(DOCUMENTS, p, 0, 100_000, 10**9)]
    assert sorted(message.digest for message in kept) == sorted(sm3(letter.body) for letter in letters)
    found = come_to(line)
    assert [str(one) for one in check_data(Layout(line.folder), 4, SECRETS)] == []
    calm = Line(tmp_path / "calm", NOW)
    copy_documents(line.log, calm.log)
    assert differences(found, come_to(calm)) == []
    line.close()
    calm.close()
