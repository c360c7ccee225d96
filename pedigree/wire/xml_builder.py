"""The pieces of XML that fields become."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from pedigree.errors import DocumentError
from pedigree.namespaces import EPCIS, QUERY, SBDH, STANDARD, XSI, split_name
from pedigree.wire.document import Document

_PREFIX = re.compile(r"(?!ns\d+$)(?!xml)[A-Za-z_][\w.-]*", re.ASCII)
"""Prefixes that the library takes; it makes its own `ns0`, `ns1` for the others."""
_NIL = f"{{{XSI}}}nil"


class Builder:
    """Makes elements with the namespaces of one document."""

    def __init__(self, document: Document) -> None:
        query = document.header.get("type") == "EPCISQueryDocument"
        own: dict[str, str] = {"epcisq" if query else "epcis": QUERY if query else EPCIS, "xsi": XSI}
        declared = {prefix: uri for prefix, uri in document.namespaces.items() if prefix not in own and _is_uri(uri)}
        self._namespaces = {**own, **{prefix: uri for prefix, uri in declared.items() if _PREFIX.fullmatch(prefix)}}
        self._known = {**STANDARD, "sbdh": SBDH, "xml": "http://www.w3.org/XML/1998/namespace", **own, **declared}
        self._tags: dict[str, str] = {}

    def root(self, tag: str) -> etree._Element:
        return etree.Element(tag, nsmap=self._namespaces)

    def child(self, node: etree._Element, tag: str) -> etree._Element:
        return etree.SubElement(node, tag)

    def text(self, node: etree._Element, tag: str, value: Any) -> None:
        """A child with a text; null is written as nil. What is not a scalar is written as an extension would be."""
        if isinstance(value, (dict, list)):
            self.extension(node, tag, value)
            return
        child = etree.SubElement(node, tag)
        if value is None:
            child.set(_NIL, "true")
        else:
            child.text = _text(value)

    def texts(self, node: etree._Element, tag: str, values: Any) -> None:
        for value in values if isinstance(values, list) else [values]:
            self.text(node, tag, value)

    def attributes(self, node: etree._Element, value: dict[str, Any]) -> None:
        """The fields of an object as attributes; what is not a scalar as child elements."""
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                self.extension(node, key, item)
            else:
                self.attribute(node, key, item)

    def attribute(self, node: etree._Element, key: str, value: Any) -> None:
        if value is not None:
            node.set(self._tag(key.removeprefix("@")), _text(value))

    def extension(self, node: etree._Element, key: str, value: Any) -> None:
        """A field of any name and kind. A list is that element several times; a list inside a list is flattened."""
        if key[:7] == "@xmlns:" or key == "@context":
            return
        if key[:1] == "@" and not isinstance(value, (dict, list)):
            self.attribute(node, key, value)
            return
        if isinstance(value, list):
            for item in value:
                self.extension(node, key, item)
            return
        child = etree.SubElement(node, self._tag(key))
        if not isinstance(value, dict):
            if value is None:
                child.set(_NIL, "true")
            else:
                child.text = _text(value)
            return
        for name, item in value.items():
            if name == "#text":
                child.text = None if item is None else _text(item)
            elif name == "#tail":
                child.tail = None if item is None else _text(item)
            else:
                self.extension(child, name, item)

    def _tag(self, key: str) -> str:
        tag = self._tags.get(key)
        if tag is None:
            tag = self._tags[key] = self._resolve(key)
        return tag

    def _resolve(self, key: str) -> str:
        prefix, colon, local = key.partition(":")
        if not colon:
            return key
        if prefix in self._known:
            return f"{{{self._known[prefix]}}}{local}"
        if key.count(":") == 1 and "/" not in key:
            return f"{{{prefix}:}}{local}"  # a prefix that nothing declares
        full = split_name(key)
        if full is None:
            raise DocumentError(f"the field {key[:80]!r} can't be written as XML")
        return f"{{{full[0]}}}{full[1]}"


def _is_uri(uri: str) -> bool:
    """Whether XML takes it as a namespace name."""
    return bool(uri) and not any(char in uri for char in " <>\"{}|\\^`\n\r\t") and uri != "http://www.w3.org/2000/xmlns/"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        return f"{Decimal(text):f}" if "e" in text else text  # decimals of XML have no exponent
    return str(value)
