"""What a document may ask of its reader. Its size in bytes is checked by who receives it."""

from __future__ import annotations

from typing import Any

import msgspec

from pedigree.errors import Fault


class Limits(msgspec.Struct, frozen=True):
    depth: int = 64
    """Nesting of objects and lists, or of elements."""
    text: int = 65536
    """Characters of one text (identifiers, values, names)."""
    attributes: int = 256
    """Attributes of one element."""


def over_limits(root: Any, limits: Limits, *, texts: bool) -> list[Fault]:
    """What of a decoded JSON value is over the limits. Level by level, so that no depth can exhaust the stack.

    `texts`: whether texts need to be looked at (a body shorter than the limit has none that is longer).
    """
    level = [root] if isinstance(root, (dict, list)) else []
    for _ in range(limits.depth):
        below: list[Any] = []
        for node in level:
            values = node.values() if type(node) is dict else node
            below += [value for value in values if type(value) is dict or type(value) is list]
        level = below
        if not level:
            return _long_texts(root, limits.text) if texts else []
    return [Fault("", "deeper nesting", f"at most {limits.depth} levels")]


def _long_texts(root: Any, limit: int) -> list[Fault]:
    found = []
    todo: list[tuple[str, Any]] = [("", root)]
    while todo:
        where, value = todo.pop()
        if isinstance(value, str) and len(value) > limit:
            found.append(Fault(where, f"a text of {len(value)} characters", f"at most {limit}"))
        elif isinstance(value, list):
            todo += [(f"{where}/{index}", item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            for key, item in value.items():
                if len(key) > limit:
                    found.append(Fault(where, f"a name of {len(key)} characters", f"at most {limit}"))
                else:
                    todo.append((f"{where}/{key.replace('~', '~0').replace('/', '~1')}", item))
    return found
