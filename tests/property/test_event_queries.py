"""Random events, random queries about them: the store answers what the predicate says, in its order, page by page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.sqlite import SqliteGraph
from pedigree.messages import event_uri
from pedigree.query import (
    Condition,
    EventQuery,
    FieldName,
    Match,
    Pattern,
    Places,
    Role,
    Span,
    Subject,
    Value,
    matches,
    pattern,
    sort_value,
    subject,
)
from pedigree.query.match import named
from tests.contract.graph_builder import T0, document
from tests.property.epcis_events import NAMESPACES, events

RECORDED = [T0, T0 + 5, T0 + 5, T0 + 9]


def stored(event: dict[str, Any]) -> dict[str, Any]:
    return {"@context": [NAMESPACES], **event}


def known(folder: Path, found: list[dict[str, Any]]) -> tuple[SqliteGraph, dict[bytes, Subject]]:
    """The events in four documents, and each of them as the predicate sees it."""
    graph = SqliteGraph(folder / "graph.db")
    subjects: dict[bytes, Subject] = {}
    unique = list({msgspec.json.encode(event): event for event in map(stored, found)}.values())
    for number, at in enumerate(RECORDED):
        some = unique[number::4]
        message = document(f"c{number}", some, record_time=at)
        graph.apply_documents(number % 2, number // 2, [message])
        for stamped in message.events:
            subjects[stamped.hash] = subject(msgspec.json.decode(stamped.event), stamped.hash, at)
    return graph, subjects


def globs(key: str) -> st.SearchStrategy[Pattern]:
    made = [Pattern(key)]
    if key.startswith("https://id.gs1.org/01/") and "/21/" in key:
        made += [pattern(key.rpartition("/")[0] + "/*"), pattern("urn:epc:idpat:sgtin:4012345.*.*")]
    if key.startswith("https://id.gs1.org/00/"):
        made.append(pattern("urn:epc:idpat:sscc:4012345.*"))
    return st.sampled_from([*made, pattern("urn:uuid:374d95fc-*")])


@st.composite
def queries(draw: st.DrawFn, subjects: list[Subject]) -> EventQuery:
    """Conditions that some event fulfils, mostly; several together rarely all."""
    given: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        one = draw(st.sampled_from(subjects))
        view = one.view
        asked = draw(st.sampled_from(
            ["type", "action", "step", "disposition", "time", "record", "place", "match", "id", "declared", "field", "field"]
        ))  # fmt: skip
        if asked == "type":
            given["types"] = (view.type, "ObjectEvent")
        elif asked == "action" and view.action:
            given["actions"] = (view.action,)
        elif asked == "step" and view.biz_step:
            given["biz_steps"] = tuple({view.biz_step, draw(st.sampled_from(subjects)).view.biz_step or "x"})
        elif asked == "disposition" and view.disposition:
            given["dispositions"] = (view.disposition,)
        elif asked == "time":
            given["event_time"] = Span(draw(st.sampled_from([None, view.time, view.time - 1])), view.time + 86_400_000)
        elif asked == "record":
            given["record_time"] = Span(draw(st.sampled_from([None, *RECORDED])), draw(st.sampled_from([None, T0 + 9])))
        elif asked == "place":
            place = view.read_point or view.biz_location
            under = Pattern(place + "/254/", place + "/254/*")
            given["read_points" if place == view.read_point else "biz_locations"] = (Places((Pattern(place), under)),)
        elif asked == "match" and named(view):
            role, key = draw(st.sampled_from(named(view)))
            roles = (role, *draw(st.lists(st.sampled_from(Role), max_size=3)))
            given["matches"] = (Match(roles, (draw(globs(key)), draw(globs(key)))),)
        elif asked == "id":
            given["event_ids"] = tuple({view.event_id or "urn:x", event_uri(one.hash)})
        elif asked == "declared":
            given["declared"] = draw(st.booleans())
            given["declaration_time"] = Span(None, view.declaration.time + 1) if view.declaration else Span()
        elif asked == "field" and one.fields:
            section, name, alias, value = draw(st.sampled_from(one.fields))
            names = (FieldName(section, name), FieldName(section, "", alias)) if alias else (FieldName(section, name),)
            operator = draw(st.sampled_from(["EQ", "EQ", "GE", "LT", "EXISTS"]))
            if value.kind not in "nt" and operator in ("GE", "LT"):
                operator = "EQ"
            values = (value, Value("s", "no")) if operator == "EQ" else () if operator == "EXISTS" else (value,)
            condition = Condition((draw(st.sampled_from(names)),), operator, values)  # type: ignore[arg-type]
            given["conditions"] = (*given.get("conditions", ()), condition)
    order: Any = draw(st.sampled_from(["eventTime", "recordTime", FieldName("quantity", "")]))
    fields = [field for one in subjects for field in one.fields if field.section == "EXT"]
    if fields and draw(st.booleans()):
        order = FieldName("EXT", draw(st.sampled_from(fields)).name)
    return EventQuery(**given, order_by=order, descending=draw(st.booleans()))


def rank(value: float | str | None, descending: bool) -> tuple[int, float | str]:
    """Numbers before texts; what is missing last, either way."""
    if value is None:
        return (-1, 0) if descending else (2, 0)
    return (1, value) if isinstance(value, str) else (0, value)


@given(found=st.lists(events(), min_size=1, max_size=14), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_store_answers_what_the_predicate_says(found: list[dict[str, Any]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        graph, subjects = known(Path(name), found)
        for _ in range(6):
            query = data.draw(queries(list(subjects.values())))
            expected = {hash for hash, one in subjects.items() if matches(one, query)}
            answer = graph.query_events(query)
            assert {row.hash for row in answer.items} == expected, query
            assert len(answer.items) == len(expected)
            ranks = [rank(sort_value(subjects[row.hash], query.order_by), query.descending) for row in answer.items]
            assert ranks == sorted(ranks, reverse=query.descending)
            paged, cursor = [], None
            while True:
                page = graph.query_events(query, cursor=cursor, limit=2)
                paged += page.items
                cursor = page.next
                if cursor is None:
                    break
            assert paged == answer.items
            assert graph.count_events(query, most=3) == min(3, len(expected))
        graph.close()


def test_a_condition_that_is_too_broad_is_asked_of_the_event(tmp_path: Path, monkeypatch: Any) -> None:
    """The same answers whether conditions are looked up or asked of each event."""
    monkeypatch.setattr("graph.sqlite.eventplan.BROAD", 1)
    made = [
        {"type": "ObjectEvent", "eventTime": f"2024-10-0{day}T00:00:00Z", "epcList": [f"urn:epc:id:sscc:4012345.00000000{day}{n}"
         for n in range(3)], "example:n": day, "readPoint": {"id": f"https://id.gs1.org/414/401234500000{day}"}}
        for day in range(1, 8)
    ]  # fmt: skip
    graph, subjects = known(tmp_path, made)
    number = FieldName("EXT", "{https://ns.example.com/epcis}n")
    for query in (
        EventQuery(conditions=(Condition((number,), "GE", (Value("n", 4.0),)),)),
        EventQuery(conditions=(Condition((number,), "EXISTS"),)),
        EventQuery(conditions=(Condition((number,), "EQ", (Value("n", 4.0), Value("n", 5.0))),)),
        EventQuery(matches=(Match((Role.EPC,), (pattern("urn:epc:idpat:sscc:4012345.*"),)),)),
        EventQuery(read_points=(Places((pattern("https://id.gs1.org/414/*"),)),)),
    ):
        expected = {hash for hash, one in subjects.items() if matches(one, query)}
        assert expected
        assert {row.hash for row in graph.query_events(query).items} == expected
        assert len(graph.query_events(query, limit=2).items) == 2
    graph.close()


