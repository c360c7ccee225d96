"""The document around the events: version, date, context, the header's master data (EPCIS 2.0 sections 7.2 and 9.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pedigree.errors import DocumentError, Fault
from pedigree.times import parse_time
from pedigree.wire import Document
from services.epcis.rules import Found, Path

_KNOWN = frozenset(
    (
        *("@context", "type", "id", "schemaVersion", "creationDate", "epcisHeader", "epcisBody"),
        *("instanceIdentifier", "sender", "receiver"),
    )
)

_VERSION = re.compile(r"\d(?:\.\d{1,4}){0,2}", re.ASCII)


def shown(value: Any) -> str:
    """A value in the message about a fault."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return "null" if value is None else repr(value)[:120]


def misframed(document: Document) -> Iterator[Fault]:
    """What is wrong outside of the events. A single event has only its context; a query's answer needs no version and no date."""
    header = document.header
    json = document.source == "json"
    if json and (not document.alone or "@context" in header):
        yield from _context(header)
    if document.alone:
        return
    needed = header.get("type") != "EPCISQueryDocument"
    start = "" if json else f"/{header.get('type')}/@"
    for name, found, expected in (*_version(header, document.source, needed), *_date(header, needed)):
        yield Fault(f"{start}{'/' if json else ''}{name}", found, expected)
    if json:
        terms = {term for part in document.context if isinstance(part, dict) for term in part}
        body = header["epcisBody"]
        places: list[Path] = [(name,) for name in header if name not in _KNOWN]
        places += [("epcisBody", name) for name in body if name not in ("eventList", "event", "queryResults")]
        for place in places:
            name = str(place[-1])
            if ":" not in name and name not in terms:
                expected = "a field of an EPCIS document, or an extension with a namespace"
                yield Fault(_where(place, json=True), f"the field {name[:100]!r}", expected)
    for path, found, expected in _master_data(header):
        yield Fault(_where(path, json=json), found, expected)


def _context(header: dict[str, Any]) -> Iterator[Fault]:
    if "@context" not in header:
        yield Fault("/@context", "nothing", "the standard's context")
        return
    context = header["@context"]
    for index, part in enumerate(context if isinstance(context, list) else [context]):
        if not isinstance(part, (str, dict)):
            yield Fault(f"/@context/{index}" if isinstance(context, list) else "/@context", shown(part), "a URI or an object")


def _version(header: dict[str, Any], source: str, needed: bool) -> Iterator[tuple[str, str, str]]:
    version = header.get("schemaVersion")
    accepted = "1." if source == "xml12" else "2."
    if "schemaVersion" not in header:
        if needed:
            yield "schemaVersion", "nothing", f"{accepted}0 or a later {accepted}x"
    elif not (isinstance(version, str) and _VERSION.fullmatch(version) and version[0] == accepted[0]):
        yield "schemaVersion", shown(version), f"{accepted}0 or a later {accepted}x"


def _date(header: dict[str, Any], needed: bool) -> Iterator[tuple[str, str, str]]:
    if "creationDate" not in header:
        if needed:
            yield "creationDate", "nothing", "a time with offset"
        return
    created = header["creationDate"]
    try:
        parse_time(created if isinstance(created, str) else "")
    except DocumentError:
        yield "creationDate", shown(created), "a time with offset"


def _master_data(header: dict[str, Any]) -> Iterator[Found]:
    """Vocabularies have a type, their elements and the attributes of those a name."""
    if "epcisHeader" not in header:
        return
    found = header["epcisHeader"]
    if not isinstance(found, dict):
        yield ("epcisHeader",), shown(found), "an object"
        return
    data = found.get("epcisMasterData", {})
    if not isinstance(data, dict):
        yield ("epcisHeader", "epcisMasterData"), shown(data), "an object"
        return
    for place, vocabulary in _objects(data, ("epcisHeader", "epcisMasterData"), "vocabularyList"):
        yield from _unnamed(place, vocabulary, "type")
        for inner, element in _objects(vocabulary, place, "vocabularyElementList"):
            yield from _unnamed(inner, element, "id")
            for innermost, attribute in _objects(element, inner, "attributes"):
                yield from _unnamed(innermost, attribute, "id")
            children = element.get("children", []) if isinstance(element, dict) else []
            if not isinstance(children, list) or not all(isinstance(child, str) for child in children):
                yield (*inner, "children"), shown(children), "a list of URIs"


def _objects(node: Any, place: Path, name: str) -> Iterator[tuple[Path, Any]]:
    """The elements of a list; what should have been a list stands for its only element, for `_unnamed` to tell."""
    if isinstance(node, dict) and name in node:
        listed = node[name]
        if isinstance(listed, list):
            yield from (((*place, name, index), item) for index, item in enumerate(listed))
        else:
            yield (*place, name), listed


def _unnamed(place: Path, node: Any, name: str) -> Iterator[Found]:
    if not isinstance(place[-1], int):
        yield place, shown(node), "a list"
    elif not isinstance(node, dict):
        yield place, shown(node), "an object"
    elif not isinstance(node.get(name), str) or not node[name]:
        yield (*place, name), shown(node[name]) if name in node else "nothing", "a URI"


_XML = {
    "epcisHeader": "EPCISDocument/EPCISHeader",
    "epcisMasterData": "extension/EPCISMasterData",
    "vocabularyList": "VocabularyList/Vocabulary",
    "vocabularyElementList": "VocabularyElementList/VocabularyElement",
    "attributes": "attribute",
    **{name: f"@{name}" for name in ("type", "id")},
}


def _where(path: Path, *, json: bool) -> str:
    if json:
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f"/{_XML.get(step, step)}" for step in path)
