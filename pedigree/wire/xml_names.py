"""Names of extension elements and attributes as field names: `prefix:local`, one prefix for one namespace."""

from __future__ import annotations

from typing import cast

from lxml import etree

from pedigree.namespaces import EPCIS, EPCIS_1, QUERY, QUERY_1, XSI

_XML = "http://www.w3.org/XML/1998/namespace"
_NOT_DECLARED = frozenset((EPCIS, EPCIS_1, QUERY, QUERY_1, XSI))
"""Namespaces of the notation, not of the content."""
_RESERVED = frozenset(("xml", "xsi", "xmlns", "epcis", ""))


def attributes(node: etree._Element) -> list[tuple[str, str]]:
    """Name (`{uri}local`) and value of each attribute."""
    return cast("list[tuple[str, str]]", node.attrib.items())


class Prefixes:
    """Gives field names for the names of one tree. Prefixes of the root are kept; where an inner element declares the same prefix
    for another namespace, or a default namespace, a new prefix is made."""

    def __init__(self, root: etree._Element) -> None:
        self.declared: dict[str, str] = {}
        for prefix, uri in root.nsmap.items():
            if prefix and uri not in _NOT_DECLARED and prefix not in _RESERVED:
                self.declared[prefix] = uri
        self._first = {XSI: "xsi", _XML: "xml"}
        for prefix, uri in self.declared.items():
            self._first.setdefault(uri, prefix)
        self._names: dict[tuple[str, str | None], str] = {}

    def element(self, node: etree._Element) -> str:
        """The field name of an element; one without namespace keeps its bare name."""
        return self.name(node.tag, node.prefix)

    def name(self, tag: str, prefix: str | None) -> str:
        """The field name of `{uri}local`, for which the source uses `prefix` (None: unknown, or the default namespace)."""
        name = self._names.get((tag, prefix))
        if name is None:
            name = self._names[tag, prefix] = self._make(tag, prefix)
        return name

    def _make(self, tag: str, prefix: str | None) -> str:
        if tag[0] != "{":
            return tag
        uri, _, local = tag[1:].partition("}")
        if prefix and self.declared.get(prefix) == uri:
            return f"{prefix}:{local}"
        return f"{self._first.get(uri) or self._declare(uri, prefix)}:{local}"

    def _declare(self, uri: str, prefix: str | None) -> str:
        number = 0
        chosen = prefix or ""
        while chosen in _RESERVED or chosen in self.declared:
            number += 1
            chosen = f"{prefix or 'x'}{number}"
        self.declared[chosen] = uri
        self._first[uri] = chosen
        return chosen
