"""EPCIS 2.0 in JSON-LD. Read strictly: what two parsers could read differently is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pedigree.errors import DocumentError, Fault
from pedigree.namespaces import context_namespaces
from pedigree.wire import shape
from pedigree.wire.document import Document, Event, events_path
from pedigree.wire.limits import Limits, over_limits
from pedigree.wire.notation import spelled_for_json

_BOM = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder().decode
_KINDS = ("EPCISDocument", "EPCISQueryDocument")


def parse_json(body: bytes, limits: Limits | None = None) -> Document:
    """Read a document. Raises DocumentError: malformed JSON, bad UTF-8, NaN, lone surrogates, a key twice in one object, nested
    too deep, texts too long, or not an EPCIS document."""
    root = _load(body, limits or Limits())
    if not isinstance(root, dict):
        raise _refuse([Fault("", _kind(root), "an EPCISDocument")])
    kind = root.get("type")
    if kind not in _KINDS:
        found = f"type {kind!r}"[:100] if "type" in root else "no type"
        raise _refuse([Fault("/type" if "type" in root else "", found, "EPCISDocument or EPCISQueryDocument")])
    faults: list[Fault] = []
    header, events = _body(root, faults)
    if faults:
        raise _refuse(faults)
    context = header.get("@context", [])
    return Document(
        events=events,
        context=context if isinstance(context, list) else [context],
        namespaces=context_namespaces(context),
        header=header,
        source="json",
    )


def parse_json_event(body: bytes, limits: Limits | None = None) -> Document:
    """Read one event that stands alone (POST /events); its @context becomes the document's."""
    event = _load(body, limits or Limits())
    if not isinstance(event, dict) or event.get("type") not in shape.EVENTS:
        found = _kind(event) if not isinstance(event, dict) else f"type {event.get('type')!r}"[:100]
        raise _refuse([Fault("/type" if isinstance(event, dict) else "", found, "one of " + ", ".join(shape.EVENTS))])
    header = {"@context": event.pop("@context")} if "@context" in event else {}
    context = header.get("@context", [])
    listed = context if isinstance(context, list) else [context]
    return Document(events=[event], context=listed, namespaces=context_namespaces(context), header=header, source="json")


def to_json(document: Document) -> bytes:
    """Write a document (a single event stays one). The JSON value of what was read from JSON is the same as before."""
    path = events_path(document)
    if document.source == "json":
        root = dict(document.header)
    else:
        document = spelled_for_json(document)
        root = {"@context": document.context, **document.header}
    if path is None:
        return msgspec.json.encode({**root, **document.events[0]})
    node = root
    for key in path[:-1]:
        node[key] = dict(node[key])
        node = node[key]
    node[path[-1]] = document.events[0] if path[-1] == "event" else document.events
    if document.source != "json":
        root["schemaVersion"] = "2.0"
    return msgspec.json.encode(root)


def _body(root: dict[str, Any], faults: list[Fault]) -> tuple[dict[str, Any], list[Event]]:
    """`root` with its event list emptied, and the events."""
    header: dict[str, Any] = dict(root)
    keys = ["epcisBody"]
    if root["type"] == "EPCISQueryDocument":
        keys += ["queryResults", "resultsBody"]
    node = header
    for place, key in enumerate(keys):
        inner = node.get(key)
        pointer = "/" + "/".join(keys[: place + 1])
        if not isinstance(inner, dict):
            faults.append(Fault(pointer, _kind(inner) if key in node else "nothing", "an object"))
            return header, []
        node[key] = dict(inner)
        node = node[key]
    pointer = "/" + "/".join(keys)
    if len(keys) == 1 and "eventList" not in node and "event" in node:
        found, node["event"] = [node["event"]], {}
        pointer += "/event"
    else:
        pointer += "/eventList"
        listed, node["eventList"] = node.get("eventList"), []
        if not isinstance(listed, list):
            faults.append(Fault(pointer, "nothing" if listed is None else _kind(listed), "a list of events"))
            return header, []
        found = listed
    for index, event in enumerate(found):
        if not isinstance(event, dict):
            faults.append(Fault(f"{pointer}/{index}" if pointer.endswith("List") else pointer, _kind(event), "an event"))
    return header, found


def _load(body: bytes, limits: Limits) -> Any:
    if body.startswith(_BOM):
        body = body[3:]
    try:
        root = _decode(body)
        json.loads(body, object_pairs_hook=_once)  # only to notice keys that the fast decoder would silently let win
    except UnicodeDecodeError as wrong:
        raise _refuse([Fault("", f"bytes that are not UTF-8 ({wrong.reason} at {wrong.start})", "UTF-8")]) from wrong
    except RecursionError as wrong:
        raise _refuse([Fault("", "very deep nesting", f"at most {limits.depth} levels")]) from wrong
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise _refuse([Fault("", str(wrong)[:200], "well-formed JSON")]) from wrong
    faults = over_limits(root, limits, texts=len(body) > limits.text)
    if faults:
        raise _refuse(faults)
    return root


def _once(pairs: list[tuple[str, Any]]) -> bool:
    seen = {key for key, _ in pairs}
    if len(seen) != len(pairs):
        twice = next(key for at, (key, _) in enumerate(pairs) if key in {earlier for earlier, _ in pairs[:at]})
        raise ValueError(f"the key {twice[:80]!r} twice in one object")
    return True


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse(faults: list[Fault]) -> DocumentError:
    return DocumentError(f"not an EPCIS document: {faults[0]}", tuple(faults))
