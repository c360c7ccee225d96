"""Whether an event fits a query: the meaning that every store has to agree with."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pedigree.events import EventView, read_event
from pedigree.messages import event_uri
from pedigree.query.fields import Field, fields_of
from pedigree.query.model import Condition, EventQuery, FieldName, Match, Places, Role

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "GT": operator.gt, "GE": operator.ge, "LT": operator.lt, "LE": operator.le,
}  # fmt: skip


class Subject(NamedTuple):
    """An event made ready for questions."""

    view: EventView
    fields: list[Field]
    hash: bytes
    record_time: int


def subject(event: Mapping[str, Any], hash: bytes, record_time: int) -> Subject:
    """From its JSON-LD object, the 32 bytes of its hash, and when it was recorded. Raises DocumentError as `read_event` does."""
    return Subject(read_event(dict(event)), fields_of(event), hash, record_time)


def matches(event: Subject, query: EventQuery) -> bool:
    """Whether all that the query asks for holds."""
    view = event.view
    return (
        (not query.types or view.type in query.types)
        and (not query.actions or view.action in query.actions)
        and (not query.biz_steps or view.biz_step in query.biz_steps)
        and (not query.dispositions or view.disposition in query.dispositions)
        and query.event_time.holds(view.time)
        and query.record_time.holds(event.record_time)
        and all(_at(view.read_point, places) for places in query.read_points)
        and all(_at(view.biz_location, places) for places in query.biz_locations)
        and (not query.event_ids or view.event_id in query.event_ids or event_uri(event.hash) in query.event_ids)
        and _declared(view, query)
        and all(_names(view, match) for match in query.matches)
        and all(_holds(event.fields, condition) for condition in query.conditions)
    )


def sort_value(event: Subject, order_by: str | FieldName) -> float | str | None:
    """What the query orders by; the greatest of several values, None where the event has none."""
    if order_by == "eventTime":
        return event.view.time
    if order_by == "recordTime":
        return event.record_time
    assert isinstance(order_by, FieldName)
    found = [field.value.value for field in event.fields if field.value.kind != "e" and _is(field, order_by)]
    return max(found, key=lambda value: (isinstance(value, str), value)) if found else None


def _at(place: str, places: Places) -> bool:
    return bool(place) and any(one.fits(place) for one in places.patterns)


def _declared(view: EventView, query: EventQuery) -> bool:
    if query.declared is not None and (view.declaration is not None) != query.declared:
        return False
    if query.declaration_time == (None, None):
        return True
    return view.declaration is not None and query.declaration_time.holds(view.declaration.time)


def named(view: EventView) -> list[tuple[Role, str]]:
    """What the event names, by role, each pair once."""
    found = [(Role.EPC, epc) for epc in view.epcs]
    found += [(Role.CHILD, epc) for epc in view.children]
    found += [(Role.INPUT, epc) for epc in view.input_epcs]
    found += [(Role.OUTPUT, epc) for epc in view.output_epcs]
    found += [(Role.CLASS, quantity[0]) for quantity in view.quantities]
    found += [(Role.CHILD_CLASS, quantity[0]) for quantity in view.child_quantities]
    found += [(Role.INPUT_CLASS, quantity[0]) for quantity in view.input_quantities]
    found += [(Role.OUTPUT_CLASS, quantity[0]) for quantity in view.output_quantities]
    if view.parent:
        found.append((Role.PARENT, view.parent))
    if view.transformation_id:
        found.append((Role.TRANSFORMATION, view.transformation_id))
    return list(dict.fromkeys(found))


def _names(view: EventView, match: Match) -> bool:
    return any(role in match.roles and any(one.fits(key) for one in match.patterns) for role, key in named(view))


def _is(field: Field, name: FieldName) -> bool:
    return field.section == name.section and (field.alias == name.alias if name.alias else field.name == name.name)


def _holds(fields: list[Field], condition: Condition) -> bool:
    found = [field.value for field in fields if any(_is(field, name) for name in condition.fields)]
    if condition.operator == "EXISTS":
        return bool(found)
    if condition.operator == "EQ":
        return any(value in condition.values for value in found)
    kind, bound = condition.values[0]
    compare = _COMPARE[condition.operator]
    return any(value.kind == kind and compare(value.value, bound) for value in found)
