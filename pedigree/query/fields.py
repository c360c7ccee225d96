"""What of an event can be asked for besides its plain columns: rows of (section, name, alias, value).

| section | name | from |
|---|---|---|
| `bizTransaction`, `source`, `destination` | type | the typed lists |
| `disposition` | `set`, `unset` | persistentDisposition |
| `quantity` | unit of measure, '' for any | all quantity lists |
| `sensor` | field and unit of a sensorReport, in the base unit | numbers with a unit |
| `SENSORMETADATA`, `SENSORREPORT`, `SENSORELEMENT` | the standard's field, or an extension | sensorElementList |
| `ERROR_DECLARATION` | `reason`, `correctiveEventID`, or an extension | errorDeclaration |
| `ILMD`, `readPoint`, `bizLocation`, `persistentDisposition` | an extension | their extensions |
| `EXT` | an extension | the event's own |
| `INNER_` + section | an element at any depth inside one of the section's | |
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from pedigree.cbv import Kind as Vocabulary
from pedigree.cbv import bare
from pedigree.eventhash.names import Names
from pedigree.query.uom import in_base
from pedigree.query.values import Value, string_value, time_value, value_of
from pedigree.wire import shape

SECTIONS = ("ILMD", "ERROR_DECLARATION", "SENSORELEMENT", "SENSORMETADATA", "SENSORREPORT", "readPoint", "bizLocation",
            "persistentDisposition")  # fmt: skip
"""Whose extensions have parameters of their own."""
TIMES = frozenset(("time", "startTime", "endTime"))
WORDS: dict[str, Vocabulary] = {"type": "measurement", "exception": "exception", "component": "component"}
TEXTS = frozenset(
    ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance",
     "coordinateReferenceSystem", "stringValue", "uriValue", "uom")
)  # fmt: skip

_TYPED: dict[str, tuple[str, Vocabulary, str]] = {
    "bizTransactionList": ("bizTransaction", "btt", "bizTransaction"),
    "sourceList": ("source", "sdt", "source"),
    "destinationList": ("destination", "sdt", "destination"),
}
_PLAIN = frozenset(
    ("@context", "type", "action", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "certificationInfo", "bizStep",
     "disposition", "parentID", "transformationID", *shape.EPC_LISTS)
)  # fmt: skip
_OWN = frozenset(("#text", "@value", "@id"))
_MARKS = frozenset(("@context", "@type", "@language", "#tail"))


class Field(NamedTuple):
    """One row. The first three are those of a `FieldName`."""

    section: str
    name: str
    alias: str
    value: Value


def fields_of(event: Mapping[str, Any]) -> list[Field]:
    """All rows of an event that stands alone (it brings the prefixes it uses), each once. Never raises for odd values."""
    rows: dict[Field, None] = {}
    names: Names | None = None
    for key, value in event.items():
        if key in _PLAIN or value is None:
            continue
        if names is None:
            names = _names(event.get("@context"))
        if key in _TYPED:
            _typed(rows, *_TYPED[key], value)
        elif key in shape.QUANTITY_LISTS:
            _quantities(rows, value)
        elif key == "ilmd":
            _extensions(rows, names, "ILMD", value)
        elif key in shape.PLACES:
            if isinstance(value, dict) and len(value) > 1:
                _extensions(rows, names, key, value, frozenset(("id",)))
        elif key == "sensorElementList":
            _sensors(rows, names, value)
        elif key == "persistentDisposition":
            _lasting(rows, names, value)
        elif key == "errorDeclaration":
            _declaration(rows, names, value)
        else:
            _extension(rows, names, "EXT", key, value)
    return list(rows)


@lru_cache(256)
def _prepared(context: bytes) -> Names:
    return Names({}, curies=True).within(msgspec.json.decode(context))


_BARE = Names({}, curies=True)


def _names(context: Any) -> Names:
    return _BARE if not context else _prepared(msgspec.json.encode(context))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _typed(rows: dict[Field, None], section: str, kind: Vocabulary, target: str, value: Any) -> None:
    for item in _each(value):
        if isinstance(item, dict) and isinstance(item.get(target), str):
            word = item.get("type")
            rows[_reference(section, kind, word if isinstance(word, str) else "", item[target])] = None


@lru_cache(16_384)
def _reference(section: str, kind: Vocabulary, word: str, value: str) -> Field:
    return Field(section, bare(kind, word), "", string_value(value))


def _quantities(rows: dict[Field, None], value: Any) -> None:
    for item in _each(value):
        amount = item.get("quantity") if isinstance(item, dict) else None
        if isinstance(amount, (int, float)) and not isinstance(amount, bool):
            rows[Field("quantity", "", "", Value("n", float(amount)))] = None
            if isinstance(item.get("uom"), str):
                base, converted = in_base(float(amount), item["uom"])
                rows[Field("quantity", base, "", Value("n", converted))] = None


def _lasting(rows: dict[Field, None], names: Names, value: Any) -> None:
    if not isinstance(value, dict):
        return
    for name in ("set", "unset"):
        for word in _each(value.get(name) or []):
            if isinstance(word, str):
                rows[Field("disposition", name, "", Value("s", bare("disposition", word)))] = None
    _extensions(rows, names, "persistentDisposition", value, frozenset(("set", "unset")))


def _declaration(rows: dict[Field, None], names: Names, value: Any) -> None:
    if not isinstance(value, dict):
        return
    if isinstance(value.get("reason"), str):
        rows[Field("ERROR_DECLARATION", "reason", "", Value("s", bare("er", value["reason"])))] = None
    for id in _each(value.get("correctiveEventIDs") or []):
        if isinstance(id, str):
            rows[Field("ERROR_DECLARATION", "correctiveEventID", "", string_value(id))] = None
    _extensions(rows, names, "ERROR_DECLARATION", value, frozenset(("declarationTime", "reason", "correctiveEventIDs")))


def _sensors(rows: dict[Field, None], names: Names, value: Any) -> None:
    for element in _each(value):
        if not isinstance(element, dict):
            continue
        for key, part in element.items():
            if key == "sensorMetadata":
                _sensed(rows, names, "SENSORMETADATA", part)
            elif key == "sensorReport":
                for report in _each(part):
                    _sensed(rows, names, "SENSORREPORT", report)
            else:
                _extension(rows, names, "SENSORELEMENT", key, part)


def _sensed(rows: dict[Field, None], names: Names, section: str, value: Any) -> None:
    if not isinstance(value, dict):
        return
    unit = value.get("uom")
    for key, item in value.items():
        known = standard_value(key, item)
        if known is not None:
            rows[Field(section, key, "", known)] = None
            if known.kind == "n" and isinstance(unit, str) and key != "percRank":
                base, converted = in_base(float(known.value), unit, difference=key == "sDev")
                rows[Field("sensor", f"{key} {base}", "", Value("n", converted))] = None
        elif item is not None:
            _extension(rows, names, section, key, item)


def standard_value(key: str, item: Any) -> Value | None:
    """The value of a standard field of sensorMetadata or sensorReport; None for another field, or a value that is none."""
    if key in shape.NUMBERS:
        found = value_of(item)
        return found if found.kind == "n" else None
    if not isinstance(item, str):
        return value_of(item) if key == "booleanValue" and isinstance(item, bool) else None
    if key in TIMES:
        return time_value(item)
    if key in WORDS:
        return Value("s", bare(WORDS[key], item))
    if key == "hexBinaryValue":
        return Value("s", item.upper())
    return string_value(item) if key in TEXTS or key == "booleanValue" else None


def _extensions(rows: dict[Field, None], names: Names, section: str, value: Any, known: frozenset[str] = frozenset()) -> None:
    for item in _each(value):
        if isinstance(item, dict):
            for key, inner in item.items():
                if key not in known:
                    _extension(rows, names, section, key, inner)


def _extension(rows: dict[Field, None], names: Names, section: str, key: str, value: Any) -> None:
    """The field itself, and all that is inside."""
    full = names.key(key) if key not in _MARKS and not key.startswith("@xmlns:") else ""
    if not full:
        return
    full = field_name(full)
    alias = key[1:] if key[:1] == "@" else key
    inner = section if section.startswith("INNER_") else "INNER_" + section
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, list):
            _extension(rows, names, section, key, item)
        elif isinstance(item, str):
            rows[_text(section, full, alias, item)] = None
        elif not isinstance(item, dict):
            rows[Field(section, full, alias, value_of(item))] = None
        else:
            leaf = next((item[name] for name in _OWN if name in item and not isinstance(item[name], (dict, list))), None)
            rows[Field(section, full, alias, Value("e", 1) if leaf is None else value_of(leaf))] = None
            below = names.within(item.get("@context"), item)
            for name, part in item.items():
                if name not in _OWN:
                    _extension(rows, below, inner, name, part)


@lru_cache(4096)
def field_name(full: str) -> str:
    """`{namespace}local` without the namespace's last separator: XML has `urn:x:mda`, JSON-LD `urn:x:mda:` for one thing."""
    namespace, brace, local = full.rpartition("}")
    return f"{namespace.rstrip(':/#')}}}{local}" if brace else full


@lru_cache(16_384)
def _text(section: str, full: str, alias: str, text: str) -> Field:
    return Field(section, full, alias, value_of(text))
