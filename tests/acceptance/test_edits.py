"""Edited rows: `check` names each, and the page of a touched unit says so."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.witness import keyring_for
from ops.check.custody import check_custody
from ops.check.difference import Difference, Differences, key_text
from ops.check.graph import check_graph
from ops.check.ledger import check_ledger
from ops.check.run import check_data
from ops.check.stores import Secrets, snapshot
from ops.demo.world import make_world
from ops.layout import Layout
from pedigree.custody.project import Coder
from streams.history import UnitHistory
from streams.store import CustodyStore
from tests.acceptance.edits import FILES, DumpRow, Edit, pick
from tests.acceptance.line import CONSORTIUM, GATEWAY, ORIGIN, Line

NOW = 1_790_000_000_000
RING = keyring_for(ORIGIN, "operator", GATEWAY.public)
SECRETS = Secrets(CONSORTIUM, RING)
ON_PAGES = ("unit", "stay", "packed", "verdict", "finding")
NOT_ON_PAGES = {
    ("graph", "unit"): {"generation", "number0", "n0", "content", "loaded"},
    ("graph", "stay"): {"ord", "inferred"},
    ("graph", "packed"): {"ord"},
    ("graph", "verdict"): {"applies"},
    ("graph", "finding"): {"ord", "record_time", "party"},
    ("custody", "unit"): {"wake"},
}
"""Columns that order lists, feed counters and inboxes or wake a unit; and yes-or-no columns, where any number but 0 is yes."""
CHECKS = {"custody": check_custody, "ledger": check_ledger, "graph": check_graph}


@dataclass
class Settled:
    folder: Path
    dumps: dict[str, list[DumpRow]]
    by_key: dict[str, str]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    folder: Path = tmp_path_factory.mktemp("settled")
    world = make_world(7, 1000, NOW)
    line = Line(folder, NOW)
    line.state(world)
    glns = {key: one["gln"] for key, one in world.manifest["parties"].items()}
    for number, letter in enumerate(world.letters):
        line.send(letter.body, letter.content_type, glns[letter.who], letter.arrival)
        if number % 100 == 99:  # several batches and checkpoints
            line.runner.drain()
            line.now += 20_000
    line.settle()
    units = {Coder(epc, CONSORTIUM).key.hex(): epc for epc, *_ in line.store.units()}
    line.close()
    return Settled(folder, {store: _dump(folder, store) for store in FILES}, units)


def _dump(folder: Path, store: str) -> list[DumpRow]:
    path = folder / FILES[store]
    opened: Any
    if store == "custody":
        opened = CustodyStore(path)
    elif store == "ledger":
        opened = EmbeddedLedger(path, clock=lambda: NOW)
    else:
        opened = SqliteGraph(path)
    with closing(opened):
        return list(opened.dump())


def _copied(settled: Settled, tmp_path: Path) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(settled.folder, folder)
    return folder


def test_what_nobody_edited_differs_nowhere(settled: Settled) -> None:
    assert check_data(Layout(settled.folder), 4, SECRETS) == []


def _differences(folder: Path, store: str) -> list[Difference]:
    found = Differences()
    stores = (store, "ledger") if store == "graph" else (store,)
    with snapshot(Layout(folder), 4, SECRETS, found, lambda *_: None, stores=stores) as taken:
        CHECKS[store](taken, found, lambda *_: None)
    return found.all()


def _rows(edit: Edit, before: list[DumpRow], after: list[DumpRow]) -> set[tuple[str, str]]:
    """(table, key) of what must be named: by the dump, or, for what is not in it, by the row."""
    rows = {(row[0], key_text(row[1])) for row in {*before} ^ {*after}}
    if edit.store == "custody" and edit.table == "progress":
        rows.add(("progress", str(edit.row["partition"])))
    if edit.store == "ledger" and edit.table == "batch":
        rows.add(("batch", key_text((edit.row["generation"], edit.row["partition"], edit.row["idx"]))))
    if edit.store == "ledger" and edit.table == "state":
        rows.add(("state", edit.row["key"]))
    return rows


def _named(edit: Edit, rows: set[tuple[str, str]], found: list[Difference]) -> bool:
    named = {(one.table, one.key) for one in found if one.store == edit.store}
    if edit.store == "ledger" and edit.table in ("checkpoint", "signed", "signatures"):
        return any(table == "checkpoint" for table, _ in named)
    return rows <= named


@pytest.mark.parametrize(("first", "count"), [(0, 25), pytest.param(25, 100, marks=pytest.mark.slow)])
def test_random_edits_are_named_and_alarm_the_pages(settled: Settled, tmp_path: Path, first: int, count: int) -> None:
    unnamed, silent, seen = [], [], Counter[str]()
    folder = _copied(settled, tmp_path)
    for number in range(first, first + count):
        rng = random.Random(number)
        store = rng.choice(sorted(FILES))
        edit = pick(rng, folder, store)
        edit.make(folder)
        after = _dump(folder, store)
        rows = _rows(edit, settled.dumps[store], after)
        found = _differences(folder, store)
        seen[f"{store}.{edit.table}"] += 1
        if not found or not _named(edit, rows, found):
            unnamed.append((number, str(edit), sorted(rows)[:3], [str(one) for one in found[:3]]))
        pages = _pages(settled, edit, rows)
        if pages and "differs" not in (states := _looked_at(folder, pages)):
            silent.append((number, str(edit), pages, states))
        shutil.copy(settled.folder / FILES[store], folder / FILES[store])
    assert unnamed == [], f"of {seen}"
    assert silent == [], f"of {seen}"


def _pages(settled: Settled, edit: Edit, rows: set[tuple[str, str]]) -> list[str]:
    """The units whose page stands on the row (one is enough to look at)."""
    if edit.column in NOT_ON_PAGES.get((edit.store, edit.table), ()):
        return []
    if edit.store == "custody":
        return [edit.row["epc"]] if edit.table in ("unit", "segment") else []
    if edit.store == "graph":
        shown = [key.partition(" / ")[0] for table, key in sorted(rows) if table in ON_PAGES]
        return [unit for unit in shown if unit in settled.by_key.values()][:1]
    if edit.table == "position":
        return [settled.by_key[edit.row["unit"].hex()]]
    if edit.table == "state" and edit.row["key"].startswith("unit/"):
        return [settled.by_key[edit.row["key"].removeprefix("unit/")]]
    if edit.table == "batch":
        place = (edit.row["generation"], edit.row["partition"], edit.row["idx"])
        stands = (key[0] for table, key, values in settled.dumps["ledger"] if table == "position" and values[:3] == place)
        return [settled.by_key[unit.hex()] for unit in stands if isinstance(unit, bytes)][:1]
    return []


def _looked_at(folder: Path, units: list[str]) -> list[str]:
    with (
        closing(CustodyStore(folder / FILES["custody"])) as store,
        closing(EmbeddedLedger(folder / FILES["ledger"], clock=lambda: NOW)) as ledger,
        closing(SqliteGraph(folder / FILES["graph"])) as graph,
    ):
        history = UnitHistory(
            lambda: store, ledger, graph, CONSORTIUM, issuer="operator", key=GATEWAY, ring=RING, clock=lambda: NOW
        )
        return [history.integrity(unit).state for unit in units]
