"""Fields that the standard does not know: extensions have a namespace, anything else is a mistake (EPCIS 2.0 section 6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any, NamedTuple

from pedigree.namespaces import EPCIS, EPCIS_1, STANDARD, context_namespaces
from pedigree.wire import shape
from services.epcis import models
from services.epcis.rules import Found, Path

_EXPECTED = "a field of EPCIS 2.0 that may stand here, or an extension with a namespace of its own"
_OWN = frozenset((EPCIS, EPCIS_1, STANDARD["epcis"]))

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


class Declared(NamedTuple):
    """What a document's own context (or its namespace declarations) says about names."""

    terms: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset(("epcis",))
    """Prefixes of the standard's own namespaces."""

    @classmethod
    def of(cls, context: list[Any], namespaces: Mapping[str, str]) -> Declared:
        known = {**STANDARD, **namespaces}
        return cls(declared_terms(context), frozenset(prefix for prefix, uri in known.items() if uri in _OWN))


def misplaced_fields(event: dict[str, Any], known: Set[str], declared: Declared) -> list[Found]:
    """Of the event and its parts: fields that are neither the standard's, nor namespaced, nor declared; and fields without a
    value, where JSON has null and XML xsi:nil (only a quantity may be nil)."""
    if "@context" in event:
        context = event["@context"]
        more = Declared.of(context if isinstance(context, list) else [context], context_namespaces(context))
        declared = Declared(declared.terms | more.terms, declared.own)
    return list(_walk(event, known, declared, ()))


def _walk(node: dict[str, Any], known: Set[str], declared: Declared, path: Path) -> Iterator[Found]:
    for key, value in node.items():
        if key not in known:
            prefix, colon, _ = key.partition(":")
            if prefix in declared.own if colon else key not in declared.terms and key != "@context":
                yield (*path, key), f"the field {key[:100]!r}", _EXPECTED
            continue
        if value is None and key != "quantity":
            yield (*path, key), "null", "a value, or no such field"
            continue
        inner = _PARTS.get(key)
        if inner is None:
            continue
        if isinstance(value, dict):
            yield from _walk(value, inner, declared, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _walk(item, inner, declared, (*path, key, index))
