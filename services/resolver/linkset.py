"""Links as a linkset (RFC 9264, JSON), and the resolver's own description (GS1-Conformant resolver standard)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.resolver.links import DEFAULT, VOC, Link

MEDIA = "application/linkset+json"


def linkset(anchor: str, name: str, links: Sequence[Link]) -> dict[str, Any]:
    """`anchor`: the address that the links are about; `name`: what the thing is called, '' if that is not known."""
    context: dict[str, Any] = {"anchor": anchor}
    if name:
        context["itemDescription"] = name
    for link in links:
        target: dict[str, Any] = {"href": link.href, "title": link.title, "type": link.media}
        if link.languages:
            target["hreflang"] = list(link.languages)
        context.setdefault(VOC + link.kind, []).append(target)
    if links:
        context[VOC + DEFAULT] = [{"href": links[0].href, "title": links[0].title}]
    return {"linkset": [context]}


def description(base: str) -> dict[str, Any]:
    """`/.well-known/gs1resolver`."""
    kinds = ("verificationService", "pip", "recallStatus", "epcis", "traceability")
    return {
        "name": "Medtrace",
        "resolverRoot": base,
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [{"namespace": VOC, "prefix": "gs1:"}],
        "supportedContextValues": [],
        "linkTypeDefaultCanBeLinkset": False,
        "linkTypes": [f"gs1:{kind}" for kind in kinds],
    }
