"""From a document to the list of all its faults."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pedigree.errors import Fault
from pedigree.wire import Document, where, within
from services.epcis.extras import Declared, misplaced_fields
from services.epcis.frame import misframed, shown
from services.epcis.models import EVENTS
from services.epcis.rules import Found, doubts, too_long, violations

MAX_LIST = 10_000
"""Things that one event may list: a pallet of 10,000 packs."""

_SHOWN = 100
"""Faults of one event that are told one by one; the rest are counted, so that a hostile document costs bounded memory."""

_VALIDATORS = {name: model.__pydantic_validator__.validate_python for name, model in EVENTS.items()}


def validate(document: Document, max_list: int = MAX_LIST) -> list[Fault]:
    """Every fault of every event, and of the document's own fields, at once; [] when the document can be taken in.

    `max_list`: the longest list of an event. Never raises for what a document holds.
    """
    faults = list(misframed(document))
    declared = Declared.of(document.context, document.namespaces)
    for index, event in enumerate(document.events):
        found = _event(event, declared, max_list)
        if found:
            start = where(document, index)
            found.sort(key=lambda entry: [str(step) for step in entry[0]])
            faults += [Fault(within(document, start, path), what, expected) for path, what, expected in found[:_SHOWN]]
            if len(found) > _SHOWN:
                faults.append(Fault(start, f"{len(found) - _SHOWN} more faults", "none"))
    return faults


def warnings(document: Document) -> list[Fault]:
    """What is odd but allowed, for documents without faults: sensor times after the event, a thing listed twice, and the like."""
    return [
        Fault(where(document, index, path), what, expected)
        for index, event in enumerate(document.events)
        for path, what, expected in doubts(event)
    ]


def _event(event: dict[str, Any], declared: Declared, max_list: int) -> list[Found]:
    kind = event.get("type")
    check = _VALIDATORS.get(kind) if isinstance(kind, str) else None
    if check is None:
        return [(("type",), shown(kind), "one of " + ", ".join(EVENTS))]
    found = violations(event, max_list)
    if too_long(event, max_list):
        return found  # each element might have its own fault: not worth looking at
    try:
        check(event)
    except ValidationError as wrong:
        found += [_fault(error) for error in wrong.errors(include_url=False)]
    told = {path for path, _, _ in found}
    fields = EVENTS[kind].model_fields.keys()  # type: ignore[index]  # kind is a str here
    return found + [entry for entry in misplaced_fields(event, fields, declared) if entry[0] not in told]


_EXPECTED = {
    "missing": "a value",
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "greater_than_equal": "a number that is not negative",
    "literal_error": "ADD, OBSERVE or DELETE",
    "string_too_short": "a text that is not empty",
    "too_short": "at least one",
    "string_unicode": "Unicode text",
}


def _fault(error: ErrorDetails) -> Found:
    path = tuple(error["loc"])
    context = error.get("ctx", {})
    found = context.get("found") or ("nothing" if error["type"] == "missing" else shown(error["input"]))
    if error["type"] == "string_pattern_mismatch":
        names = {"uom": "a unit of measure of two or three capitals or digits", "hexBinaryValue": "pairs of hexadecimal digits"}
        return path, found, names.get(str(path[-1]), "another form")
    expected = context["expected"] if error["type"] == "epcis" else _EXPECTED.get(error["type"], error["msg"])
    return path, str(found)[:300], str(expected)
