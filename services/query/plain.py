"""The parameters with a name of their own."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from pedigree.cbv import WORDS, Kind, bare
from pedigree.identifiers import canonical
from pedigree.query import FieldName, Match, Pattern, Places, Role, Span, pattern
from pedigree.times import parse_time
from pedigree.wire.shape import EVENTS
from services.query.building import Building
from services.query.values import flag, one, several

AS_KNOWN_AT = "medtrace_asKnownAt"
"""Extension of ours: what the repository knew at a record time."""
Taker = Callable[[Building, Sequence[Any]], None]


def _words(field_name: str, kind: Kind) -> Taker:
    def take(b: Building, values: Sequence[Any]) -> None:
        b.change(**{field_name: tuple(word(kind, text) for text in several(values))})

    return take


def word(kind: Kind, text: str) -> str:
    """A word of the vocabulary in any notation, bare; a URI of somebody else's as it is. ValueError for other words."""
    found = bare(kind, text)
    if found not in WORDS[kind] and ":" not in found:
        near = difflib.get_close_matches(found, WORDS[kind], 1)
        raise ValueError(f"{text[:80]!r} is no word of CBV 2.0 and no URI{f'; do you mean {near[0]}?' if near else ''}")
    return found


def _types(b: Building, values: Sequence[Any]) -> None:
    types = tuple(text.removeprefix("epcis:") for text in several(values))
    unknown = next((text for text in types if text not in EVENTS and ":" not in text), None)
    if unknown is not None:
        raise ValueError(f"{unknown[:80]!r} is none of {', '.join(EVENTS)}")
    b.change(types=types)


def _actions(b: Building, values: Sequence[Any]) -> None:
    actions = tuple(several(values))
    if set(actions) - {"ADD", "OBSERVE", "DELETE"}:
        raise ValueError("an action is ADD, OBSERVE or DELETE")
    b.change(actions=actions)


def _time(field_name: str, bound: str) -> Taker:
    def take(b: Building, values: Sequence[Any]) -> None:
        span: Span = getattr(b.query, field_name)
        b.change(**{field_name: span._replace(**{bound: moment(values)})})

    return take


def moment(values: Sequence[Any]) -> int:
    """A time in a query string may have lost its `+`: a space stands for it."""
    return parse_time(one(values).replace(" ", "+"))


def _places(field_name: str, *, within: bool) -> Taker:
    def take(b: Building, values: Sequence[Any]) -> None:
        keys = [canonical(text) for text in several(values)]
        found = [Pattern(key) for key in keys]
        if within:
            below = b.lookup.within(keys)
            found = [Pattern(key) for key in below] + [Pattern(f"{key}/254/", f"{key}/254/*") for key in below if _is_gln(key)]
        b.change(**{field_name: (*getattr(b.query, field_name), Places(tuple(found)))})

    return take


def _is_gln(key: str) -> bool:
    return key.startswith("https://id.gs1.org/414/") and key.count("/") == 4


def _match(*roles: Role, classes: bool = False) -> Taker:
    def take(b: Building, values: Sequence[Any]) -> None:
        patterns = tuple(pattern(text, classes=classes) for text in several(values))
        b.change(matches=(*b.query.matches, Match(roles, patterns)))

    return take


def _transformation(b: Building, values: Sequence[Any]) -> None:
    patterns = tuple(Pattern(canonical(text)) for text in several(values))
    b.change(matches=(*b.query.matches, Match((Role.TRANSFORMATION,), patterns)))


def _event_ids(b: Building, values: Sequence[Any]) -> None:
    b.change(event_ids=tuple(several(values)))


def _declared(b: Building, values: Sequence[Any]) -> None:
    flag(values)
    b.change(declared=True)


def _has_declaration(b: Building, values: Sequence[Any]) -> None:
    text = one(values).lower()
    if text not in ("true", "false"):
        raise ValueError("true or false")
    b.change(declared=text == "true")


def _order_by(b: Building, values: Sequence[Any]) -> None:
    text = one(values)
    if text in ("eventTime", "recordTime"):
        b.change(order_by=text)
    elif text == "quantity":
        b.change(order_by=FieldName("quantity", ""))
    elif text.startswith("ILMD_"):
        b.change(order_by=b.namespaces.field("ILMD", text[5:]))
    else:
        b.change(order_by=b.namespaces.field("EXT", text))


def _direction(b: Building, values: Sequence[Any]) -> None:
    text = one(values)
    if text not in ("ASC", "DESC"):
        raise ValueError("ASC or DESC")
    b.change(descending=text == "DESC")


def _count(name: str) -> Taker:
    def take(b: Building, values: Sequence[Any]) -> None:
        text = one(values)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) < 2**31):
            raise ValueError("a number from 1 on")
        setattr(b, name, int(text))

    return take


def _known_at(b: Building, values: Sequence[Any]) -> None:
    b.known_at = moment(values)


_CHILDREN = (Role.EPC, Role.CHILD)
PLAIN: dict[str, Taker] = {
    "eventType": _types,
    "EQ_action": _actions,
    "EQ_bizStep": _words("biz_steps", "bizStep"),
    "EQ_disposition": _words("dispositions", "disposition"),
    "GE_eventTime": _time("event_time", "ge"),
    "LT_eventTime": _time("event_time", "lt"),
    "GE_recordTime": _time("record_time", "ge"),
    "LT_recordTime": _time("record_time", "lt"),
    "EQ_readPoint": _places("read_points", within=False),
    "WD_readPoint": _places("read_points", within=True),
    "EQ_bizLocation": _places("biz_locations", within=False),
    "WD_bizLocation": _places("biz_locations", within=True),
    "EQ_transformationID": _transformation,
    "MATCH_epc": _match(*_CHILDREN),
    "MATCH_parentID": _match(Role.PARENT),
    "MATCH_inputEPC": _match(Role.INPUT),
    "MATCH_outputEPC": _match(Role.OUTPUT),
    "MATCH_anyEPC": _match(*_CHILDREN, Role.PARENT, Role.INPUT, Role.OUTPUT),
    "MATCH_epcClass": _match(Role.CLASS, Role.CHILD_CLASS, classes=True),
    "MATCH_inputEPCClass": _match(Role.INPUT_CLASS, classes=True),
    "MATCH_outputEPCClass": _match(Role.OUTPUT_CLASS, classes=True),
    "MATCH_anyEPCClass": _match(Role.CLASS, Role.CHILD_CLASS, Role.INPUT_CLASS, Role.OUTPUT_CLASS, classes=True),
    "EQ_eventID": _event_ids,
    "EXISTS_errorDeclaration": _declared,
    "EQ_hasErrorDeclaration": _has_declaration,
    **{f"GE_errorDeclaration{gap}Time": _time("declaration_time", "ge") for gap in ("", "_")},
    **{f"LT_errorDeclaration{gap}Time": _time("declaration_time", "lt") for gap in ("", "_")},
    "orderBy": _order_by,
    "orderDirection": _direction,
    "eventCountLimit": _count("limit"),
    "maxEventCount": _count("most"),
    AS_KNOWN_AT: _known_at,
}
