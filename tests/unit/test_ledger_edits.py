"""Rows of the embedded ledger edited behind its back: each is noticed on the page of a unit that stands on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedLedger
from ledger.port import Ledger
from ledger.verify import check_ledger, verify_unit
from tests.contract.ledger_world import LedgerWorld
from tests.unit.ledger_file import RING, half_signed


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(11, false_claims=0.2)


@pytest.fixture
def ledger(tmp_path: Path, world: LedgerWorld) -> Iterator[EmbeddedLedger]:
    with closing(half_signed(tmp_path / "ledger.sqlite", world)) as found:
        yield found


def touched(ledger: Ledger, world: LedgerWorld) -> tuple[bytes, list[bytes]]:
    """The unit with the most leaves that has a dispute, and a leaf in one of the last batches."""
    disputed = {dispute.unit for dispute in ledger.disputes(limit=1000)}
    last = {lane: ledger.head(0, lane).size - 1 for lane in (0, 1)}
    for epc in sorted(world.leaves, key=lambda unit: -len(world.leaves[unit])):
        positions = ledger.positions(world.key[epc])
        if world.key[epc] in disputed and positions[-1].batch > last[positions[-1].partition] - 3:
            return world.key[epc], world.leaves[epc]
    raise AssertionError("the world has no such unit")


Row = tuple[str, str, tuple[object, ...]]
"""(table, condition, parameters): one row."""


def path_rows(ledger: Ledger, key: bytes) -> list[Row]:
    """The rows of each table that the unit stands on."""
    positions = ledger.positions(key)
    lane = positions[0][1:3]
    rows: list[Row] = [
        ("state", "key = ?", (f"unit/{key.hex()}",)),
        ("state", "key = ?", (f"lane/{lane[0]}/{lane[1]}",)),
        ("position", "unit = ? AND n = ?", (key, positions[0].n)),
        ("position", "unit = ? AND n = ?", (key, positions[-1].n)),
        ("checkpoint", "partition = ?", (lane[1],)),
        ("signed", "partition = ?", (lane[1],)),
    ]
    dispute = next(found for found in ledger.disputes(limit=1000) if found.unit == key)
    rows.append(("dispute", "partition = ? AND batch = ? AND unit = ? AND n = ?", (*dispute[1:3], key, dispute.n)))
    for position in (positions[0], positions[-1]):
        rows.append(("batch", "partition = ? AND idx = ?", position[2:4]))
        rows.append(("node", "partition = ? AND level = 0 AND idx = ?", position[2:4]))  # the batch's own
    first = positions[0].batch
    sibling, parent = (lane[1], 0, first ^ 1), (lane[1], 1, first >> 1)
    return rows + [("node", "partition = ? AND level = ? AND idx = ?", which) for which in (sibling, parent)]


def changed(value: object, column: str) -> object:
    if isinstance(value, int):
        return value + (1 if column in ("agreed", "committed_ms", "size", "time_ms") else 77)
    if isinstance(value, str):
        return value[:-1] + ("7" if value[-1] != "7" else "8")
    assert isinstance(value, bytes)
    return value[:40][:-1] + bytes([value[:40][-1] ^ 1]) + value[40:]


def columns(path: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_a_change_in_any_column_of_a_row_that_a_unit_stands_on_is_noticed(ledger: EmbeddedLedger, world: LedgerWorld) -> None:
    key, leaves = touched(ledger, world)
    assert verify_unit(ledger, key, leaves, RING)[:2] == ("ok", ())
    assert list(check_ledger(ledger, RING)) == []
    rows = list(ledger.dump())
    edits = 0
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        for table, condition, parameters in path_rows(ledger, key):
            for column in columns(ledger.path, table):
                where = f"{table} WHERE {condition}"
                (value,) = other.execute(f"SELECT {column} FROM {where}", parameters).fetchone()
                new = changed(value, column)
                if table == "batch" and column == "tree":  # one byte of the leaf's own hash, not of a stranger's
                    new = _tree_edit(ledger, key, parameters[1], value)
                backup = other.execute(f"SELECT * FROM {where}", parameters).fetchone()
                assert other.execute(f"UPDATE {table} SET {column} = ? WHERE {condition}", (new, *parameters)).rowcount == 1
                check = verify_unit(ledger, key, leaves, RING)
                named = [row for row in check.differs if row.startswith(("ledger.", "custody "))]
                assert check.state == "differs", (table, column)
                assert named, (table, column)
                if table != "signed":
                    expected = {"dispute": "batch"}.get(table, table)
                    assert any(row.startswith(f"ledger.{expected}") for row in named), (table, column, named)
                assert list(check_ledger(ledger, RING)) or list(ledger.dump()) != rows, (table, column)
                names = ", ".join(f"{name} = ?" for name in columns(ledger.path, table))
                back = [f"{name} IS ?" for name in columns(ledger.path, table)]
                now = [new if name == column else old for name, old in zip(columns(ledger.path, table), backup, strict=True)]
                assert other.execute(f"UPDATE {table} SET {names} WHERE {' AND '.join(back)}", (*backup, *now)).rowcount == 1
                edits += 1
    assert edits > 70
    assert verify_unit(ledger, key, leaves, RING)[:2] == ("ok", ())


def _tree_edit(ledger: Ledger, key: bytes, batch: object, tree: bytes) -> bytes:
    at = 32 * next(position.leaf for position in ledger.positions(key) if position.batch == batch)
    return tree[:at] + bytes([tree[at] ^ 1]) + tree[at + 1 :]


def test_the_row_that_was_changed_is_named_and_no_other(ledger: EmbeddedLedger, world: LedgerWorld) -> None:
    key, leaves = touched(ledger, world)
    position = ledger.positions(key)[0]
    lane, batch = position.partition, position.batch
    nodes, uncle = f"WHERE partition = {lane} AND (level, idx) =", (batch >> 1) ^ 1
    cases = {
        f"ledger.node 0/{lane}/0/{batch ^ 1}": f"UPDATE node SET hash = zeroblob(32) {nodes} (0, {batch ^ 1})",
        f"ledger.node 0/{lane}/0/{batch}": f"UPDATE node SET hash = zeroblob(32) {nodes} (0, {batch})",
        f"ledger.node 0/{lane}/1/{uncle} is missing": f"DELETE FROM node {nodes} (1, {uncle})",
        f"ledger.position {key.hex()}/0 is missing": f"DELETE FROM position WHERE unit = x'{key.hex()}' AND n = 0",
        f"ledger.state unit/{key.hex()}": f"UPDATE state SET value = zeroblob(9) WHERE key = 'unit/{key.hex()}'",
        f"ledger.state lane/0/{lane}": f"UPDATE state SET value = zeroblob(9) WHERE key = 'lane/0/{lane}'",
    }
    for name, statement in cases.items():
        with closing(sqlite3.connect(ledger.path)) as other, closing(sqlite3.connect(":memory:")) as kept:
            other.backup(kept)
            assert other.execute(statement).rowcount == 1
            other.commit()
            check = verify_unit(ledger, key, leaves, RING)
            assert check.state == "differs"
            assert name in check.differs
            if "state" not in name:
                assert check.differs == (name,)
            kept.backup(other)
