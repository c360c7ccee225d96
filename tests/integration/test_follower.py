"""Pages on a machine without a custody worker: their copy of the store is what the decisions say, whatever stops it half way."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.line import DEALER, MAKER, documents
from ops.clock import now_ms
from ops.follower import CustodyFollower
from pedigree.errors import StoreAheadError
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from streams.store import CustodyStore
from tests.acceptance.line import Line


def _line(folder: Path) -> Line:
    folder.mkdir()
    line = Line(folder, now_ms())
    for party, role, prefix in ((MAKER, "maker", "690123400"), (DEALER, "distributor", "690987600")):
        value = {"name": role, "role": role, "prefixes": [prefix], "sites": [{"gln": party}]}
        line.services.registry.state(Fact("party", party, value, line.now, OPERATOR))
    return line


def _rows(store: CustodyStore) -> list[tuple[str, tuple[object, ...], tuple[object, ...]]]:
    return [row for row in store.dump() if row[0] != "progress"]


def test_a_follower_has_what_the_worker_has_and_decides_nothing(tmp_path: Path) -> None:
    line = _line(tmp_path / "line")
    bodies = documents(200, 0)
    copy = tmp_path / "copy.sqlite"
    for number, (party, body) in enumerate(bodies):
        line.send(body, "application/ld+json", party, line.now)
        line.runner.drain()
        if number % 4 == 1:  # opened again and again, as after kills
            follower = CustodyFollower(line.open_log(), CustodyStore(copy))
            follower.step()
            follower.stop()
    line.settle()
    before = [line.log.end(topic, p) for topic in ("custody.decisions", "custody.observations") for p in range(4)]
    follower = CustodyFollower(line.open_log(), CustodyStore(copy))
    while follower.step():
        pass
    follower.stop()
    store = CustodyStore(copy, read_only=True)
    assert _rows(line.store)
    assert _rows(store) == _rows(line.store)
    assert [store.progress(p).head for p in range(4)] == [line.store.progress(p).head for p in range(4)]
    store.close()
    assert before == [line.log.end(topic, p) for topic in ("custody.decisions", "custody.observations") for p in range(4)]
    line.close()


def test_a_store_of_another_log_is_refused(tmp_path: Path) -> None:
    one, other = (_line(tmp_path / name) for name in ("one", "other"))
    for party, body in documents(60, 0):
        one.send(body, "application/ld+json", party, one.now)
    one.settle()
    one.close()
    with pytest.raises(StoreAheadError, match=r"remove custody.sqlite"):
        CustodyFollower(other.open_log(), CustodyStore(tmp_path / "one" / "custody.sqlite"))
    other.close()
