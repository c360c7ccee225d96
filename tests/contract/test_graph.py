"""What every graph must do, first of all: take each message once, in order, whole. Fixtures: `conftest.py`."""

from __future__ import annotations

import msgspec
import pytest

from graph.port import Graph
from pedigree.custody.steps import Step
from tests.contract.graph_builder import MAKER, T0, Line, Numbers, decision, finding, hash_of, verdict
from tests.contract.graph_cases import A, B, C, Open, applied, shipped_pallet


def test_only_what_continues_the_head_is_taken(graph: Graph) -> None:
    ours, zombie = Numbers(2), Numbers(2)
    shown = Line()
    shown.commission([A, B])
    state = shown.units[A].shown
    first = ours.message([decision(A, state)])
    zombie.message([decision(A, state)])
    stale = zombie.message([decision(B, state)])  # number 1, but after another first message of the same bytes
    second = ours.message([decision(A, state, before=1)])
    forged = (msgspec.structs.replace(second[0], previous=hash_of("else"), units=[decision(C, state)]), hash_of("forged"))
    ahead = (msgspec.structs.replace(second[0], number=2), hash_of("ahead"))
    assert graph.progress("decisions/0/2") == (0, b"")
    assert graph.apply_decisions([ahead, first, first, forged, ahead, second, stale]) == 2
    assert graph.progress("decisions/0/2") == (2, second[1])
    assert graph.apply_decisions([first, second, forged]) == 0
    assert graph.unit_rows(C) is None
    assert graph.unit_rows(B) is None
    rows = graph.unit_rows(A)
    assert rows is not None
    assert (rows.n, rows.number) == (2, 1)


def test_a_first_message_that_names_a_hash_is_not_first(graph: Graph) -> None:
    message, digest = Numbers().message([])
    assert graph.apply_decisions([(msgspec.structs.replace(message, previous=b"x" * 32), digest)]) == 0
    assert graph.apply_decisions([(msgspec.structs.replace(message, previous=bytes(32)), digest)]) == 1


def test_progress_and_rows_survive_together(graph_of: Open) -> None:
    line = shipped_pallet()
    half = len(line.messages) // 2
    first = graph_of()
    first.apply_decisions(line.messages[:half])
    first.close()
    again = graph_of()
    assert again.apply_decisions(line.messages) == len(line.messages) - half
    whole = list(again.dump())
    again.clear()
    assert again.progress("decisions/0/0") == (0, b"")
    assert list(again.dump()) == []
    again.apply_decisions(line.messages)
    assert list(again.dump()) == whole


def test_a_failed_batch_leaves_nothing(graph: Graph) -> None:
    line = Line()
    line.commission([A])
    no_json = msgspec.structs.replace(finding("x"), evidence=object())
    line.judge(A, verdict(hash_of("v"), Step.SHIP, T0, MAKER, findings=(no_json,)))
    with pytest.raises(TypeError):  # after the first message was written: a unit twice makes two batches
        graph.apply_decisions(line.messages)
    assert list(graph.dump()) == []
    applied(graph, shipped_pallet())


def test_undecidable_messages_are_counted(graph: Graph) -> None:
    graph.apply_decisions([Numbers().message([], [(7, b"\x00raw", "not an envelope")])])
    assert graph.counts().undecidable == 1
    assert list(graph.rows("undecidable")) == [(0, 0, 0, 0, 7, b"\x00raw", "not an envelope")]
