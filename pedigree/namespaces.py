"""Prefixes and namespaces of EPCIS documents, in JSON-LD contexts and in XML."""

from __future__ import annotations

import re
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The standard's JSON-LD context."""

EPCIS = "urn:epcglobal:epcis:xsd:2"
EPCIS_1 = "urn:epcglobal:epcis:xsd:1"
QUERY = "urn:epcglobal:epcis-query:xsd:2"
QUERY_1 = "urn:epcglobal:epcis-query:xsd:1"
SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

STANDARD: dict[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": RDFS,
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes that the standard's context declares for every document."""


def context_namespaces(context: Any) -> dict[str, str]:
    """The prefixes that a JSON-LD @context declares itself (a string, an object, or a list of them); terms that are not prefixes,
    and contexts that would have to be fetched, declare nothing."""
    found: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            for prefix, value in part.items():
                uri = value.get("@id") if isinstance(value, dict) and value.get("@prefix") is True else value
                if isinstance(uri, str) and prefix[:1] != "@" and ":" not in prefix:
                    found[prefix] = uri
    return found


_FULL = re.compile(r"([a-z][a-z0-9+.-]*:.*[/#:])([^/#:]+)", re.IGNORECASE | re.DOTALL)


def split_name(name: str) -> tuple[str, str] | None:
    """Namespace and local name of a field that is named by its whole URI (`https://ns.example.com/epcis/field`); None for what
    is no such name. XML can't write it otherwise, so it is one name in both notations."""
    found = _FULL.fullmatch(name)
    return (found[1], found[2]) if found else None
