"""Rules between the fields of an event (EPCIS 2.0 section 7.4). They look at raw events, so that they speak even where a field is
wrong; what they can't make sense of is left to the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pedigree.errors import DocumentError
from pedigree.times import parse_time

Path = tuple[str | int, ...]
Found = tuple[Path, str, str]
"""(place inside the event, what was found, what was expected)."""

_LISTS = (
    *("epcList", "childEPCs", "inputEPCList", "outputEPCList"),
    *("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
    *("bizTransactionList", "sourceList", "destinationList", "sensorElementList", "certificationInfo"),
)
_EPCS = _LISTS[:4]


def violations(event: dict[str, Any], max_list: int) -> list[Found]:
    """What breaks a rule."""
    found: list[Found] = [((name,), f"{len(event[name])} elements", f"at most {max_list}") for name in too_long(event, max_list)]
    kind, action = event.get("type"), event.get("action")
    if kind == "ObjectEvent":
        if not _some(event, "epcList", "quantityList", "sensorElementList"):
            found.append((("epcList",), "no EPC, quantity or sensor data", "at least one"))
    elif kind in ("AggregationEvent", "AssociationEvent"):
        if (action in ("ADD", "DELETE") or kind == "AssociationEvent") and not event.get("parentID"):
            always = kind == "AssociationEvent"  # a lasting tie always has the two ends; a packing may be seen without its parent
            found.append((("parentID",), "nothing", "a parent" if always else f"a parent, when the action is {action}"))
        if action in ("ADD", "OBSERVE") and not _some(event, "childEPCs", "childQuantityList"):
            found.append((("childEPCs",), "no children", f"at least one, when the action is {action}"))
    elif kind == "TransactionEvent":
        if not _some(event, "bizTransactionList"):
            found.append((("bizTransactionList",), "no business transaction", "at least one"))
        if action in ("ADD", "OBSERVE") and not _some(event, "epcList", "quantityList", "parentID", "sensorElementList"):
            found.append((("epcList",), "no EPC, quantity or parent", f"at least one, when the action is {action}"))
    elif kind == "TransformationEvent":
        found += _transformation(event)
    if kind == "ObjectEvent" and "ilmd" in event and action in ("OBSERVE", "DELETE"):
        found.append((("ilmd",), f"instance master data with action {action}", "action ADD, or no ilmd"))
    found += _quantities(event)
    found += _sensors(event)
    lasting = event.get("persistentDisposition")
    if isinstance(lasting, dict) and not _some(lasting, "set", "unset"):
        found.append((("persistentDisposition",), "neither set nor unset", "at least one of them"))
    return found


def too_long(event: dict[str, Any], max_list: int) -> list[str]:
    """The lists of the event that are longer than `max_list`."""
    return [name for name in _LISTS if isinstance(value := event.get(name), list) and len(value) > max_list]


def _some(event: dict[str, Any], *names: str) -> bool:
    return any(event.get(name) for name in names)


def _transformation(event: dict[str, Any]) -> Iterator[Found]:
    inputs, outputs = _some(event, "inputEPCList", "inputQuantityList"), _some(event, "outputEPCList", "outputQuantityList")
    if event.get("transformationID"):
        if not (inputs or outputs):
            yield ("inputEPCList",), "neither inputs nor outputs", "at least one of them"
        return
    if not inputs:
        yield ("inputEPCList",), "no inputs", "at least one, or a transformationID"
    if not outputs:
        yield ("outputEPCList",), "no outputs", "at least one, or a transformationID"


def _quantities(event: dict[str, Any]) -> Iterator[Found]:
    for name in _LISTS[4:8]:
        elements = event.get(name)
        for index, element in enumerate(elements if isinstance(elements, list) else ()):
            if isinstance(element, dict) and "uom" in element and "quantity" not in element:
                yield (name, index, "uom"), "a unit without a quantity", "both, or neither"


def _sensors(event: dict[str, Any]) -> Iterator[Found]:
    for path, report in _reports(event):
        if not report.get("type") and not report.get("exception"):
            yield (*path, "type"), "neither type nor exception", "what the sensor measures"


def _reports(event: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    elements = event.get("sensorElementList")
    if not isinstance(elements, list):
        return
    for index, element in enumerate(elements):
        reports = element.get("sensorReport") if isinstance(element, dict) else None
        if isinstance(reports, list):
            for number, report in enumerate(reports):
                if isinstance(report, dict):
                    yield ("sensorElementList", index, "sensorReport", number), report


def doubts(event: dict[str, Any]) -> Iterator[Found]:
    """What is allowed but odd. Published examples of the standard have sensor times after the event time."""
    event_time = _milli(event.get("eventTime"))
    for place, report in _reports(event):
        yield from _later(place, report, event_time)
    elements = event.get("sensorElementList")
    for index, element in enumerate(elements if isinstance(elements, list) else ()):
        metadata = element.get("sensorMetadata") if isinstance(element, dict) else None
        if isinstance(metadata, dict):
            path: Path = ("sensorElementList", index, "sensorMetadata")
            yield from _later(path, metadata, event_time)
            start, end = _milli(metadata.get("startTime")), _milli(metadata.get("endTime"))
            if start is not None and end is not None and start > end:
                yield (*path, "startTime"), "a start after the end", "an earlier time"
    for name in _EPCS:
        value = event.get(name)
        if isinstance(value, list) and all(isinstance(item, str) for item in value) and len(set(value)) < len(value):
            yield (name,), "an EPC twice", "each once"


def _later(path: Path, node: dict[str, Any], event_time: int | None) -> Iterator[Found]:
    for name in ("time", "startTime", "endTime"):
        time = _milli(node.get(name))
        if time is not None and event_time is not None and time > event_time:
            yield (*path, name), "a time after eventTime", "a time up to eventTime"


def _milli(value: Any) -> int | None:
    try:
        return parse_time(value) if isinstance(value, str) else None
    except DocumentError:
        return None
