"""What no step could decide waits with its bytes, and is decided once it can be."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ops.demo.world import make_world
from ops.undecided import find, send_again, undecided
from pedigree.errors import MedtraceError
from pedigree.messages import Envelope, decode_envelope, encode
from pedigree.ports import OBSERVATIONS
from streams.splitter import Splitter
from tests.acceptance.line import Line

NOW = 1_790_000_000_000


def test_bytes_that_are_no_envelope_block_nothing_and_stay(tmp_path: Path) -> None:
    line = Line(tmp_path, NOW)
    line.log.append(OBSERVATIONS, 2, [b"\xc1 no envelope"])
    line.log.append(OBSERVATIONS, 1, [encode(Envelope([], undecidable=[(b"{an event", "document 7: not JSON")]))])
    line.runner.drain()
    found = list(undecided(line.log))
    assert [(one.name, one.raw) for one in found] == [("1.0.0", b"{an event"), ("2.0.0", b"\xc1 no envelope")]
    assert "document 7" in found[0].reason
    for one in found:
        with pytest.raises(MedtraceError, match="can't be read by these rules either"):
            send_again(line.log, one)
    assert find(line.log, "1.0.1") is None
    line.close()


def test_what_could_not_be_folded_is_decided_after_it_was_sent_again(tmp_path: Path) -> None:
    """An observation that an older version could not fold: its envelope lies in a decision as undecidable."""
    line = Line(tmp_path, NOW)
    world = make_world(7, 1000, NOW)
    line.state(world)
    letter = next(one for one in world.letters if b"commissioning" in one.body)
    gln = {key: one["gln"] for key, one in world.manifest["parties"].items()}
    line.send(letter.body, letter.content_type, gln[letter.who], letter.arrival)
    Splitter(line.log).step()
    scratch = tmp_path / "second"
    scratch.mkdir()
    second = Line(scratch, NOW)
    sent = 0
    for partition in range(4):
        for record in line.log.read(OBSERVATIONS, partition, 0):
            envelope = decode_envelope(record.value)
            sent += len(envelope.observations)
            raw = encode(Envelope([], undecidable=[(encode(msgspec.structs.replace(envelope, tick=0)), "an older version")]))
            second.log.append(OBSERVATIONS, partition, [raw])
    second.runner.drain()
    assert second.store.count() == 0
    for one in list(undecided(second.log)):
        send_again(second.log, one)
        send_again(second.log, one)
    second.runner.drain()
    assert second.store.count() == sent > 0
    for one in (line, second):
        one.close()
