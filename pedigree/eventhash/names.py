"""Full names of extension fields, and values that are short for URIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.eventhash.values import canonical_scalar, canonical_text
from pedigree.namespaces import RDFS, STANDARD, XSI, context_namespaces, split_name

_COMMENTS = {"comment", "rdfs:comment", f"{{{RDFS}}}comment"}


class Names:
    """The namespaces in force at one place of a document."""

    __slots__ = ("_curies", "_declared", "_full", "_known", "_short")

    def __init__(self, declared: Mapping[str, str], curies: bool) -> None:
        self._declared = dict(declared)
        self._curies = curies
        self._full = {prefix: f"{{{uri}}}" for prefix, uri in {**STANDARD, "xsi": XSI, **declared}.items()}
        always = {"gs1": STANDARD["gs1"], "cbv": STANDARD["cbv"]}
        self._short = {**always, **declared} if curies else always
        self._known: dict[str, str] = {}

    def key(self, key: str) -> str:
        """`{namespace}local` of a field; '' for what has no part in the hash (comments, xsi attributes, declarations)."""
        name = self._known.get(key)
        if name is None:
            name = self._known[key] = self._resolve(key)
        return name

    def _resolve(self, key: str) -> str:
        name = key[1:] if key[:1] == "@" else key  # '@' marks what was an attribute in XML; XML tells no difference in the hash
        if key == "@context" or key in _COMMENTS or name.split(":", 1)[0] == "xmlns" or key in ("#text", "#tail"):
            return ""
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._full:
            name = self._full[prefix] + local
        elif colon and (full := split_name(name)):
            name = f"{{{full[0]}}}{full[1]}"
        return "" if name in _COMMENTS or name.startswith(f"{{{XSI}}}") else name

    def text(self, text: str) -> str:
        """The canonical form of a text value."""
        if text.startswith(("urn:", "http")):
            return canonical_text(text)
        prefix, colon, local = text.partition(":")
        if colon and prefix in self._short and not local.startswith("//"):
            text = self._short[prefix] + local
        return canonical_text(text)

    def scalar(self, value: Any) -> str:
        """The canonical form of any JSON scalar."""
        return self.text(value) if isinstance(value, str) else canonical_scalar(value)

    def within(self, context: Any = None, node: Mapping[str, Any] | None = None) -> Names:
        """The names in force inside an object that brings its own `@context` or `@xmlns:prefix` keys."""
        more = context_namespaces(context)
        for key, value in (node or {}).items():
            if key.startswith("@xmlns:") and isinstance(value, str):
                more[key[7:]] = value
        return Names({**self._declared, **more}, self._curies) if more else self
