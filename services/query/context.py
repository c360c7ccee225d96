"""One context for events that each bring their own: where two use a prefix for different namespaces, one gets another prefix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pedigree.namespaces import CONTEXT, STANDARD, context_namespaces

Event = dict[str, Any]


def joined(events: Iterable[Event]) -> tuple[list[Event], dict[str, str]]:
    """The events without their contexts, and the prefixes that they use together."""
    declared: dict[str, str] = {}
    found = []
    for event in events:
        context = event.get("@context")
        if context is None:
            found.append(event)
            continue
        own = context_namespaces(context)
        renamed = {prefix: _free(prefix, uri, declared) for prefix, uri in own.items()}
        declared |= {name: own[prefix] for prefix, name in renamed.items()}
        changed = {prefix: name for prefix, name in renamed.items() if prefix != name}
        alone = {key: value for key, value in event.items() if key != "@context"}
        found.append(_renamed(alone, changed) if changed else alone)
    return found, declared


def context_of(declared: Mapping[str, str]) -> list[Any]:
    """The @context of a document whose events use these prefixes."""
    return [CONTEXT, dict(declared)] if declared else [CONTEXT]


def _free(prefix: str, uri: str, declared: Mapping[str, str]) -> str:
    name, number = prefix, 1
    while declared.get(name, uri) != uri or STANDARD.get(name, uri) != uri:
        number += 1
        name = f"{prefix}{number}"
    return name


def _renamed(value: Any, prefixes: Mapping[str, str]) -> Any:
    """Names and values: in JSON-LD both are short for URIs."""
    if isinstance(value, dict):
        return {_spelled(key, prefixes): _renamed(item, prefixes) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, prefixes) for item in value]
    return _spelled(value, prefixes) if isinstance(value, str) else value


def _spelled(text: str, prefixes: Mapping[str, str]) -> str:
    mark = text[:1] if text[:1] == "@" else ""
    prefix, colon, local = text[len(mark) :].partition(":")
    return f"{mark}{prefixes[prefix]}:{local}" if colon and prefix in prefixes and local[:2] != "//" else text
