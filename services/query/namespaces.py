"""Names of extension fields in parameters: `prefix:local`, or in full (`{namespace}local`, `namespace#local`, a URI).

Prefixes come from the header GS1-Extensions (`example=https://ns.example.com/epcis/`) or the @context of a named query. One
that nobody declares means what it means in the events that use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pedigree.namespaces import STANDARD, context_namespaces
from pedigree.query import FieldName, field_name

_PREFIXED = re.compile(r"[A-Za-z_][\w.-]*:[^:/?#\s]+", re.ASCII)
_PAIR = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*=\s*<?([^\s,>]+)>?\s*")
_ATTRIBUTE = re.compile(r"_(?=[A-Za-z][A-Za-z0-9+.-]*:)")


class Namespaces:
    """Prefixes that whoever asks has declared."""

    def __init__(self, declared: Mapping[str, str] | None = None) -> None:
        self._declared = dict(declared or {})

    def __repr__(self) -> str:
        return f"Namespaces({sorted(self._declared.items())})"

    @staticmethod
    def of_header(text: str) -> Namespaces:
        """From the value of GS1-Extensions; what can't be read declares nothing."""
        return Namespaces({pair[1]: pair[2] for part in text.split(",") if (pair := _PAIR.fullmatch(part))})

    @staticmethod
    def of_context(context: Any) -> Namespaces:
        return Namespaces(context_namespaces(context))

    def field(self, section: str, name: str) -> FieldName:
        """ValueError for a name without a namespace."""
        if name.startswith("{") and "}" in name:
            return FieldName(section, field_name(name))
        if _PREFIXED.fullmatch(name):
            prefix, _, local = name.partition(":")
            uri = self._declared.get(prefix) or STANDARD.get(prefix)
            if prefix not in ("urn", "http", "https"):
                return FieldName(section, field_name(f"{{{uri}}}{local}")) if uri else FieldName(section, "", name)
        if ":" in name:
            at = max(name.rfind("#"), name.rfind("/")) if "#" in name or "/" in name else name.rfind(":")
            if 0 < at < len(name) - 1:
                return FieldName(section, field_name(f"{{{name[: at + 1]}}}{name[at + 1 :]}"))
        raise ValueError(f"{name[:80]!r} is no field of the standard, and no extension with a namespace")

    def attribute(self, name: str) -> str:
        """The full name of a master data attribute."""
        prefix, colon, local = name.partition(":")
        uri = self._declared.get(prefix) or STANDARD.get(prefix)
        return uri + local if colon and uri and not local.startswith("//") else name

    def split_attribute(self, text: str, known: Iterable[str]) -> tuple[str, str]:
        """`field_attribute` of an EQATTR_ parameter. ValueError when it can't be taken apart."""
        for name in known:
            if text.startswith(name + "_") and len(text) > len(name) + 1:
                return name, text[len(name) + 1 :]
        cuts = [cut.start() for cut in _ATTRIBUTE.finditer(text)]
        at = cuts[-1] if cuts else text.rfind("_")
        if at <= 0 or at == len(text) - 1:
            raise ValueError("EQATTR_ is followed by a field, `_`, and the name of an attribute")
        return text[:at], text[at + 1 :]
