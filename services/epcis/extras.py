"""Fields that the standard does not know: extensions have a namespace, anything else is a mistake (EPCIS 2.0 section 6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from pedigree.wire import shape
from services.epcis import models
from services.epcis.rules import Found, Path

_EXPECTED = "a field of EPCIS 2.0, or an extension with a namespace"

_PARTS: dict[str, Set[str]] = {
    "readPoint": models.Place.model_fields.keys(),
    "bizLocation": models.Place.model_fields.keys(),
    "errorDeclaration": models.ErrorDeclaration.model_fields.keys(),
    "persistentDisposition": models.PersistentDisposition.model_fields.keys(),
    "bizTransactionList": models.BizTransaction.model_fields.keys(),
    "sourceList": models.Source.model_fields.keys(),
    "destinationList": models.Destination.model_fields.keys(),
    "sensorElementList": models.SensorElement.model_fields.keys(),
    "sensorMetadata": models.SensorMetadata.model_fields.keys(),
    "sensorReport": models.SensorReport.model_fields.keys(),
    **dict.fromkeys(sorted(shape.QUANTITY_LISTS), models.QuantityElement.model_fields.keys()),
    "ilmd": frozenset(),
}


def declared_terms(context: list[Any]) -> frozenset[str]:
    """The terms that a document's own @context defines."""
    return frozenset(term for part in context if isinstance(part, dict) for term in part if term[:1] != "@")


def unknown_fields(event: dict[str, Any], known: Set[str], terms: frozenset[str]) -> list[Found]:
    """Fields of the event and of its parts that are neither the standard's, nor namespaced, nor declared."""
    if "@context" in event:
        context = event["@context"]
        terms |= declared_terms(context if isinstance(context, list) else [context])
    return [(path, f"the field {str(path[-1])[:100]!r}", _EXPECTED) for path in _walk(event, known, terms, ())]


def _walk(node: dict[str, Any], known: Set[str], terms: frozenset[str], path: Path) -> Iterator[Path]:
    for key, value in node.items():
        if key not in known:
            if ":" not in key and key not in terms and key != "@context":
                yield (*path, key)
            continue
        inner = _PARTS.get(key)
        if inner is None:
            continue
        if isinstance(value, dict):
            yield from _walk(value, inner, terms, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _walk(item, inner, terms, (*path, key, index))
