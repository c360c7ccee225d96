"""Where the XML of EPCIS 2.0 is built differently from its JSON, and the order of its elements (EPCIS 2.0 section 9)."""

from __future__ import annotations

EVENTS = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")

EPC_LISTS = frozenset(("epcList", "childEPCs", "inputEPCList", "outputEPCList"))
QUANTITY_LISTS = frozenset(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"))
REFERENCES = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
PLACES = frozenset(("readPoint", "bizLocation"))
TEXTS = frozenset(
    (
        *("eventTime", "recordTime", "eventTimeZoneOffset", "eventID"),
        *("action", "bizStep", "disposition", "parentID", "transformationID"),
    )
)
NUMBERS = frozenset(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"))
"""Attributes of a sensorReport that JSON writes as numbers."""

ELEMENTS = {
    **dict.fromkeys(EPC_LISTS, "epc"),
    **dict.fromkeys(QUANTITY_LISTS, "quantityElement"),
    **REFERENCES,
    "sensorElementList": "sensorElement",
    "correctiveEventIDs": "correctiveEventID",
}
"""What the elements of a list are called in XML."""
VALUES = {name: name for name in REFERENCES.values()}
"""Elements whose text is the field of the same name in JSON."""
WITH_ATTRIBUTES = frozenset(("sensorReport", "sensorMetadata", *REFERENCES.values()))
"""Elements whose fields are XML attributes."""

_WHEN = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo")
_WHERE = ("bizStep", "disposition", "readPoint", "bizLocation")
_TAIL = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition", "ilmd")

ORDER: dict[str, tuple[str, ...]] = {
    "ObjectEvent": (*_WHEN, "epcList", "action", *_WHERE, "bizTransactionList", "quantityList", *_TAIL),
    "AggregationEvent": (*_WHEN, "parentID", "childEPCs", "action", *_WHERE, "bizTransactionList", "childQuantityList", *_TAIL),
    "AssociationEvent": (*_WHEN, "parentID", "childEPCs", "action", *_WHERE, "bizTransactionList", "childQuantityList", *_TAIL),
    "TransactionEvent": (*_WHEN, "bizTransactionList", "parentID", "epcList", "action", *_WHERE, "quantityList", *_TAIL),
    "TransformationEvent": (
        *_WHEN,
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
        *_WHERE,
        "bizTransactionList",
        *_TAIL,
    ),
}
"""The sequence of a 2.0 event's elements; extensions follow."""
