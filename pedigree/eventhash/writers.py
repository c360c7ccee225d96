"""How the fields of an event read in the prehash string (CBV 2.0 section 8.9).

A writer appends what stands in its place to `out`, and what is left over, to be sorted in at the end, to `rest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pedigree.cbv import WEB_FORM, Kind
from pedigree.eventhash.names import Names
from pedigree.eventhash.values import canonical_key, canonical_time

Writer = Callable[[Names, str, Any, list[str], list[str]], None]
Order = tuple[tuple[str, Writer], ...]


def any_element(names: Names, name: str, value: Any) -> list[str]:
    """What an extension reads: one string per element of that name. Nested fields are sorted by what they read."""
    if isinstance(value, list):
        found: list[str] = []
        for item in value:
            found += [_row(names, name, item)] if isinstance(item, list) else any_element(names, name, item)
        return found
    if isinstance(value, dict):
        return [name + _equals(names.scalar(value.get("#text"))) + "".join(sorted(_children(names, value)))]
    return [name + _equals(names.scalar(value))]


def _row(names: Names, name: str, items: list[Any]) -> str:
    return name + "".join(sorted(text for item in items for text in any_element(names, "", item)))


def _children(names: Names, node: Mapping[str, Any]) -> Iterable[str]:
    for key in node:
        if key[:6] == "@xmlns":
            names = names.within(node=node)
            break
    for key, value in node.items():
        name = names.key(key)
        if name:
            yield from any_element(names, name, value)


def _equals(text: str) -> str:
    return "=" + text if text else ""


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def leaf(convert: Callable[[Names, Any], str]) -> Writer:
    """A field with a value; given several times it stands several times, sorted."""

    def write(names: Names, name: str, value: Any, out: list[str], rest: list[str]) -> None:
        if not isinstance(value, (list, dict)):
            text = convert(names, value)
            if text:
                out.append(f"{name}={text}")
            return
        found = []
        for item in each(value):
            text = convert(names, item.get("#text") if isinstance(item, dict) else item)
            if text:
                found.append(f"{name}={text}")
            if isinstance(item, dict) and len(item) > ("#text" in item):
                rest += any_element(names, name, item)
        out += sorted(found)

    return write


def _time_of(names: Names, value: Any) -> str:
    return canonical_time(value) if isinstance(value, str) and value else names.scalar(value)


def word_of(kind: Kind) -> Callable[[Names, Any], str]:
    words = WEB_FORM[kind]

    def convert(names: Names, value: Any) -> str:
        return (words.get(value) or names.text(value)) if isinstance(value, str) else names.scalar(value)

    return convert


VALUE, TIME = leaf(Names.scalar), leaf(_time_of)


def word(kind: Kind) -> Writer:
    return leaf(word_of(kind))


def epcs(names: Names, name: str, value: Any, out: list[str], rest: list[str]) -> None:
    found = []
    for epc in each(value):
        if isinstance(epc, str) and epc.startswith(("urn:epc:", "https:")):
            found.append("epc=" + canonical_key(epc.strip()))
        else:
            VALUE(names, "epc", epc, found, rest)
    if found:
        found.sort()
        out.append(name)
        out += found


def part(order: Order) -> Writer:
    """A field that is an object (or a list of such): its own fields in their order, its extensions behind them."""

    def write(names: Names, name: str, value: Any, out: list[str], rest: list[str]) -> None:
        found, left = _elements(order, names, name, value)
        out += sorted(found)
        rest += left

    return write


def list_of(element: str, order: Order) -> Writer:
    """A list whose elements have a name of their own in XML."""

    def write(names: Names, name: str, value: Any, out: list[str], rest: list[str]) -> None:
        found, left = _elements(order, names, element, value)
        if found:
            out.append(name)
            out += sorted(found)
        if left:
            rest.append(name + "".join(sorted(left)))

    return write


def _elements(order: Order, names: Names, name: str, value: Any) -> tuple[list[str], list[str]]:
    found, left = [], []
    for item in each(value):
        if not isinstance(item, dict):
            left += any_element(names, name, item)
            continue
        text, remains = _inside(order, names, item)
        if text:
            found.append(name + text)
        if remains:
            left.append(name + "".join(sorted(remains)))
    return found, left


def _inside(order: Order, names: Names, node: dict[str, Any]) -> tuple[str, list[str]]:
    out: list[str] = []
    rest: list[str] = []
    seen = 0
    for key, write in order:
        if key in node:
            seen += 1
            if node[key] is not None:
                write(names, key, node[key], out, rest)
    if seen == len(node):
        return "".join(out), rest
    extensions: list[str] = []
    placed = {key for key, _ in order}
    others = [(names.key(key), value) for key, value in node.items() if key not in placed]
    count = sum(len(value) if isinstance(value, list) else 1 for value in node.values())
    # as the published vectors have it: see the module `hasher`
    gather = count > 1 and not any("eventTime" in name or "action" in name for name, _ in others)
    for name, value in others:
        if name:
            into = extensions if gather and "{" in name and "/}" in name else rest
            into += any_element(names, name, value)
    return "".join(out) + "".join(sorted(extensions)), rest
