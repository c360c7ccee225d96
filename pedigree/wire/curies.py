"""Values that look short for URIs, when a document changes its notation.

In JSON-LD `example:x` is a URI if `example` is declared; in XML it is those nine characters. Both are kept as they came; only a
writer of the other notation has to say the same in its own way, or the event would change its meaning and its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pedigree.wire.document import Document


def spelled_out(document: Document) -> Document:
    """A document from JSON for a writer of XML: values with a declared prefix as full URIs."""
    known = document.namespaces

    def spell(text: str) -> str:
        prefix, colon, local = text.partition(":")
        return known[prefix] + local if colon and prefix in known and local[:2] != "//" and prefix != "urn" else text

    if not any(_prefixes(event) & known.keys() for event in document.events):
        return document
    return msgspec.structs.replace(document, events=[_mapped(event, spell, str) for event in document.events])


def shielded(document: Document) -> Document:
    """A document from XML for a writer of JSON: prefixes that values happen to begin with get another name."""
    found = set().union(*(_prefixes(event) for event in document.events)) & document.namespaces.keys()
    if not found:
        return document
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
    return msgspec.structs.replace(
        document,
        events=[_mapped(event, str, rename) for event in document.events],
        header=_mapped(document.header, str, rename),
        namespaces=namespaces,
        context=[namespaces if part == document.namespaces else part for part in document.context],
    )


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
