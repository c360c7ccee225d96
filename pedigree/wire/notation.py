"""What has to be said differently when a document changes its notation.

A document keeps its values as they came. In XML, words of the vocabulary are URNs; in JSON-LD they are bare. And in JSON-LD
`example:x` is a URI if `example` is declared, in XML it is those nine characters: a writer of the other notation has to say
the same in its own way, or the event would change its meaning and its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pedigree.cbv import Kind, for_json, for_xml
from pedigree.wire.document import Document, Event


def spelled_for_xml(document: Document) -> Document:
    """A document from JSON for a writer of XML: words as URNs, values with a declared prefix as full URIs."""
    known = document.namespaces

    def spell(text: str) -> str:
        prefix, colon, local = text.partition(":")
        return known[prefix] + local if colon and prefix in known and local[:2] != "//" and prefix != "urn" else text

    events = [
        _mapped(event, spell, str) if not known.keys().isdisjoint(_prefixes(event)) else event for event in document.events
    ]
    return msgspec.structs.replace(document, events=[_with_words(event, for_xml) for event in events])


def spelled_for_json(document: Document) -> Document:
    """A document from XML for a writer of JSON: words bare; prefixes that values happen to begin with get another name."""
    found = set().union(*(_prefixes(event) for event in document.events)) & document.namespaces.keys()
    renamed: dict[str, str] = {}
    for prefix in sorted(found):
        name = prefix + "_"
        while name in document.namespaces or name in renamed.values():
            name += "_"
        renamed[prefix] = name

    def rename(key: str) -> str:
        mark = key[:1] if key[:1] == "@" else ""
        prefix, colon, local = key[len(mark) :].partition(":")
        return f"{mark}{renamed[prefix]}:{local}" if colon and prefix in renamed else key

    namespaces = {renamed.get(prefix, prefix): uri for prefix, uri in document.namespaces.items()}
    events = [_mapped(event, str, rename) for event in document.events] if renamed else document.events
    return msgspec.structs.replace(
        document,
        events=[_with_words(event, for_json) for event in events],
        header=_mapped(document.header, str, rename) if renamed else document.header,
        namespaces=namespaces,
        context=[namespaces if part == document.namespaces else part for part in document.context],
    )


_Convert = Callable[[Kind, str], str]
_TYPED: dict[str, Kind] = {"bizTransactionList": "btt", "sourceList": "sdt", "destinationList": "sdt"}
_REPORT: dict[str, Kind] = {"type": "measurement", "exception": "exception", "component": "component"}


def _with_words(event: Event, convert: _Convert) -> Event:
    """The event with the words of its standard fields converted; it is copied where it changes."""
    event = _fields(event, {"bizStep": "bizStep", "disposition": "disposition"}, convert)
    for name, kind in _TYPED.items():
        if isinstance(event.get(name), list):
            event[name] = [_fields(item, {"type": kind}, convert) for item in event[name]]
    if "persistentDisposition" in event:
        event["persistentDisposition"] = _fields(
            event["persistentDisposition"], {"set": "disposition", "unset": "disposition"}, convert
        )
    if "errorDeclaration" in event:
        event["errorDeclaration"] = _fields(event["errorDeclaration"], {"reason": "er"}, convert)
    if isinstance(event.get("sensorElementList"), list):
        event["sensorElementList"] = [_sensor(item, convert) for item in event["sensorElementList"]]
    return event


def _sensor(value: Any, convert: _Convert) -> Any:
    if isinstance(value, dict) and isinstance(value.get("sensorReport"), list):
        return {**value, "sensorReport": [_fields(report, _REPORT, convert) for report in value["sensorReport"]]}
    return value


def _fields(value: Any, kinds: dict[str, Kind], convert: _Convert) -> Any:
    if not isinstance(value, dict):
        return value
    found = dict(value)
    for name, kind in kinds.items():
        word = found.get(name)
        if isinstance(word, str):
            found[name] = convert(kind, word)
        elif isinstance(word, list):
            found[name] = [convert(kind, item) if isinstance(item, str) else item for item in word]
    return found


def _prefixes(value: Any) -> set[str]:
    """What stands before the first colon of the texts in `value`."""
    return {text.partition(":")[0] for text in _texts(value) if ":" in text and text.partition(":")[2][:2] != "//"}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _mapped(value: Any, text: Callable[[str], str], key: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key(name): _mapped(item, text, key) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, text, key) for item in value]
    return text(value) if isinstance(value, str) else value
