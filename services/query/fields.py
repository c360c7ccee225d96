"""Parameters about fields that have no column of their own: lists, quantities, sensor data, declarations, extensions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from pedigree.cbv import Kind as Vocabulary
from pedigree.cbv import bare
from pedigree.query import Condition, FieldName, Value, value_of
from pedigree.query.fields import SECTIONS, TEXTS, TIMES, WORDS, standard_value
from pedigree.query.model import Operator
from pedigree.query.uom import in_base
from pedigree.query.values import Kind, string_value
from pedigree.wire.shape import NUMBERS
from services.query.namespaces import Namespaces
from services.query.values import flag, one, several, texts

_OPERATORS = ("EQ", "GT", "GE", "LT", "LE", "EXISTS")
_UNIT = re.compile(r"(quantity|value|minValue|maxValue|meanValue|sDev|percValue)_([A-Z0-9]{2,4})")
_SENSED = ("SENSORMETADATA", "SENSORREPORT")
_STANDARD = NUMBERS | TIMES | TEXTS | WORDS.keys() | {"booleanValue", "hexBinaryValue"}
_TYPED: dict[str, tuple[str, Vocabulary]] = {
    "bizTransaction_": ("bizTransaction", "btt"),
    "source_": ("source", "sdt"),
    "destination_": ("destination", "sdt"),
}


def condition(name: str, values: Sequence[Any], namespaces: Namespaces) -> Condition | None:
    """The condition that a parameter means, None when it is no such parameter. ValueError for values that it can't have."""
    operator, _, rest = name.partition("_")
    if operator not in _OPERATORS or not rest:
        return None
    found = _special(operator, rest, values)
    if found is None:
        fields = _fields(rest, namespaces)
        if fields is None:
            return None
        found = fields, _values(operator, rest, fields, values)
    fields, wanted = found
    if operator == "EXISTS":
        flag(values)
    return Condition(fields, cast(Operator, operator), wanted)


_Found = tuple[tuple[FieldName, ...], tuple[Value, ...]]


def _special(operator: str, rest: str, values: Sequence[Any]) -> _Found | None:
    for prefix, (section, kind) in _TYPED.items():
        if rest.startswith(prefix) and len(rest) > len(prefix) and operator in ("EQ", "EXISTS"):
            field = FieldName(section, bare(kind, rest[len(prefix) :]))
            return (field,), () if operator == "EXISTS" else tuple(string_value(text) for text in several(values))
    if rest in ("persistentDisposition_set", "persistentDisposition_unset") and operator == "EQ":
        field = FieldName("disposition", rest.rpartition("_")[2])
        return (field,), tuple(Value("s", bare("disposition", text)) for text in several(values))
    if rest == "errorReason" and operator == "EQ":
        return (FieldName("ERROR_DECLARATION", "reason"),), tuple(Value("s", bare("er", text)) for text in several(values))
    if rest == "correctiveEventID" and operator == "EQ":
        return (FieldName("ERROR_DECLARATION", "correctiveEventID"),), tuple(string_value(text) for text in several(values))
    if rest == "sensorElementList" and operator == "EXISTS":
        return tuple(FieldName(section, name) for section in _SENSED for name in sorted(_STANDARD)), ()
    if rest in ("quantity", "percRank") and operator != "EXISTS":
        field = FieldName("quantity", "") if rest == "quantity" else FieldName("SENSORREPORT", rest)
        return (field,), _numbers(operator, values)
    unit = _UNIT.fullmatch(rest)
    if unit is not None and operator != "EXISTS":
        numbers = [in_base(float(number.value), unit[2], difference=unit[1] == "sDev") for number in _numbers(operator, values)]
        base = numbers[0][0]
        field = FieldName("quantity", base) if unit[1] == "quantity" else FieldName("sensor", f"{unit[1]} {base}")
        return (field,), tuple(Value("n", number) for _, number in numbers)
    return None


def _fields(rest: str, namespaces: Namespaces) -> tuple[FieldName, ...] | None:
    if rest in _STANDARD:
        return tuple(FieldName(section, rest) for section in _SENSED)
    inner = rest.startswith("INNER_")
    mark = "INNER_" if inner else ""
    rest = rest[len(mark) :]
    for section in SECTIONS:
        if rest.startswith(section + "_"):
            name = rest[len(section) + 1 :]
            if section in _SENSED and name in _STANDARD and not inner:
                return (FieldName(section, name),)
            return (namespaces.field(mark + section, name),)
    if ":" not in rest and "#" not in rest:
        return None
    return (namespaces.field(mark + "EXT", rest),)


def _values(operator: str, rest: str, fields: tuple[FieldName, ...], values: Sequence[Any]) -> tuple[Value, ...]:
    if operator == "EXISTS":
        return ()
    name = fields[0].name
    if fields[0].section in _SENSED and name in _STANDARD:
        return _standard(operator, name, values)
    if operator == "EQ":
        if not values:
            raise ValueError("a value is missing")
        return tuple(value_of(value.strip() if isinstance(value, str) else _scalar(value)) for value in values)
    found = value_of(one(values).replace(" ", "+") if isinstance(values[0], str) else _scalar(values[0]))
    if found.kind not in ("n", "t"):
        raise ValueError(f"{operator} compares with a number or a time, not with {str(values[0])[:80]!r}")
    return (found,)


def _standard(operator: str, name: str, values: Sequence[Any]) -> tuple[Value, ...]:
    if name in NUMBERS:
        return _numbers(operator, values)
    if name in TIMES:
        moments = [standard_value(name, text.replace(" ", "+")) for text in texts(values)]
        if None in moments or (operator != "EQ" and len(moments) != 1):
            raise ValueError("a time with offset such as 2024-05-01T09:30:00.000+08:00")
        return tuple(moment for moment in moments if moment is not None)
    if operator != "EQ":
        raise ValueError(f"{name} can be compared with EQ only")
    listed = texts(values) if name in ("stringValue", "hexBinaryValue", "booleanValue") else several(values)
    found = [standard_value(name, text.lower() if name == "booleanValue" else text) for text in listed]
    return tuple(value for value in found if value is not None)


def _numbers(operator: str, values: Sequence[Any]) -> tuple[Value, ...]:
    listed = [part for text in texts(values) for part in text.split(",")]
    found = [value_of(text.strip()) for text in listed]
    kinds: set[Kind] = {value.kind for value in found}
    if kinds != {"n"}:
        raise ValueError("a number")
    if operator != "EQ" and len(found) != 1:
        raise ValueError("one number only")
    return tuple(found)


def _scalar(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        raise ValueError("a text or a number, or a list of such")
    return value
