"""HASATTR_ and EQATTR_: fields whose value is a vocabulary element of which master data says something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pedigree.cbv import bare
from pedigree.query import Match, Pattern, Places, Role
from services.problems import Problem
from services.query.building import Building
from services.query.fields import condition
from services.query.values import texts

MAX_ELEMENTS = 2_000
_CLASSES = (Role.CLASS, Role.CHILD_CLASS, Role.INPUT_CLASS, Role.OUTPUT_CLASS)
_VOCABULARIES: dict[str, Callable[[Building, list[str]], dict[str, Any]]] = {
    "readPoint": lambda b, keys: {"read_points": (*b.query.read_points, _exactly(keys))},
    "bizLocation": lambda b, keys: {"biz_locations": (*b.query.biz_locations, _exactly(keys))},
    "bizStep": lambda b, keys: {"biz_steps": _both(b.query.biz_steps, (bare("bizStep", key) for key in keys))},
    "disposition": lambda b, keys: {"dispositions": _both(b.query.dispositions, (bare("disposition", key) for key in keys))},
    "epcClass": lambda b, keys: {"matches": (*b.query.matches, Match(_CLASSES, tuple(Pattern(key) for key in keys)))},
}


def _exactly(keys: Iterable[str]) -> Places:
    return Places(tuple(Pattern(key) for key in keys))


def _both(before: tuple[str, ...], now: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(now)
    kept = tuple(key for key in found if not before or key in before)
    return kept or ("urn:medtrace:none",)  # an empty tuple would ask for nothing


def attribute(b: Building, name: str, values: Sequence[Any]) -> None:
    """HASATTR_field=attribute names; EQATTR_field_attribute=values: the field's value is a vocabulary element that has it."""
    if name.startswith("HASATTR_"):
        subject = name[8:]
        keys = sorted({key for attribute in texts(values) for key in b.lookup.elements(b.namespaces.attribute(attribute))})
    else:
        subject, attribute = b.namespaces.split_attribute(name.removeprefix("EQ_ATTR_").removeprefix("EQATTR_"), _VOCABULARIES)
        keys = b.lookup.elements(b.namespaces.attribute(attribute), texts(values))
    if len(keys) > MAX_ELEMENTS:
        raise Problem(413, "QueryTooLargeException", f"{name[:200]}: more than {MAX_ELEMENTS} vocabulary elements have it")
    known = _VOCABULARIES.get(subject)
    if known is not None:
        b.change(**known(b, keys))
        return
    if ":" not in subject and "#" not in subject:
        raise ValueError(f"a vocabulary field is one of {', '.join(_VOCABULARIES)}, or an extension with a namespace")
    found = condition("EQ_" + subject, keys or ["urn:medtrace:none"], b.namespaces)
    assert found is not None
    b.change(conditions=(*b.query.conditions, found))
