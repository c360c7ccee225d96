"""The fields of an event in the order of the hash (CBV 2.0 section 8.9.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.eventhash.names import Names
from pedigree.eventhash.writers import TIME, VALUE, Order, any_element, each, epcs, leaf, list_of, part, word, word_of

_QUANTITY: Order = (("epcClass", VALUE), ("quantity", VALUE), ("uom", VALUE))
_METADATA: Order = (
    ("time", TIME),
    ("startTime", TIME),
    ("endTime", TIME),
    *((name, VALUE) for name in ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")),
)
_REPORT: Order = (
    ("type", word("measurement")),
    ("exception", word("exception")),
    *((name, VALUE) for name in ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")),
    ("time", TIME),
    *((name, VALUE) for name in ("microorganism", "chemicalSubstance", "value")),
    ("component", word("component")),
    *((name, VALUE) for name in ("stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue")),
    *((name, VALUE) for name in ("meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem")),
)
_SENSOR: Order = (("sensorMetadata", part(_METADATA)), ("sensorReport", part(_REPORT)))
_PLACE: Order = (("id", VALUE),)
_LASTING: Order = (("set", word("disposition")), ("unset", word("disposition")))
_quantities = list_of("quantityElement", _QUANTITY)

EVENT: Order = (
    ("eventTime", TIME),
    ("eventTimeZoneOffset", VALUE),
    ("certificationInfo", VALUE),
    ("parentID", VALUE),
    ("epcList", epcs),
    ("inputEPCList", epcs),
    ("childEPCs", epcs),
    ("quantityList", _quantities),
    ("childQuantityList", _quantities),
    ("inputQuantityList", _quantities),
    ("outputEPCList", epcs),
    ("outputQuantityList", _quantities),
    ("action", VALUE),
    ("transformationID", VALUE),
    ("bizStep", word("bizStep")),
    ("disposition", word("disposition")),
    ("persistentDisposition", part(_LASTING)),
    ("readPoint", part(_PLACE)),
    ("bizLocation", part(_PLACE)),
    ("sensorElementList", list_of("sensorElement", _SENSOR)),
)
PLACED = frozenset(name for name, _ in EVENT)
NOT_HASHED = frozenset(("type", "recordTime", "eventID", "errorDeclaration"))

_TYPED = {
    "bizTransactionList": ("bizTransaction", word_of("btt")),
    "sourceList": ("source", word_of("sdt")),
    "destinationList": ("destination", word_of("sdt")),
}


def rest_of_event(names: Names, event: Mapping[str, Any]) -> list[str]:
    """What has no place of its own: lists of typed references, ilmd, extensions."""
    rest: list[str] = []
    for key, value in event.items():
        if key in PLACED or key in NOT_HASHED:
            continue
        if key in _TYPED:
            _references(names, key, value, rest)
        elif name := names.key(key):
            rest += any_element(names, name, value)
    return rest


def _references(names: Names, name: str, value: Any, rest: list[str]) -> None:
    target, kind_of = _TYPED[name]
    found = []
    for item in each(value):
        if not isinstance(item, dict):
            found += any_element(names, target, item)
            continue
        out: list[str] = []
        leaf(kind_of)(names, "type", item.get("type"), out, rest)
        VALUE(names, target, item.get(target), out, rest)
        more: list[str] = []
        for key, other in item.items():
            if key not in ("type", target) and (full := names.key(key)):
                more += any_element(names, full, other)
        found.append("".join(out + sorted(more)))
    if found:
        rest.append(name + "".join(sorted(found)))
