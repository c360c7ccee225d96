"""What there is about a thing: typed links (GS1 Web Vocabulary), pure.

A code's own address is its verification page. The other links lead to what this service itself knows; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pedigree.identifiers import Key, describe
from pedigree.identifiers.digitallink import Link as DigitalLink
from pedigree.identifiers.digitallink import canonical_link, write_link

VOC = "https://gs1.org/voc/"
DEFAULT = "defaultLink"


@dataclass(frozen=True, slots=True)
class Link:
    """`kind`: a link type, the part behind `gs1:`."""

    kind: str
    href: str
    title: str
    media: str = "text/html"
    languages: tuple[str, ...] = ()


def links_of(link: DigitalLink, base: str) -> list[Link]:
    """Links for what a Digital Link names; the first is the default. `base`: this service's own address."""
    path = path_of(link)
    key = describe(canonical_link(link))
    found = [Link("verificationService", base + path, "Verification", "text/html", ("zh", "en"))]
    if key.gtin:
        about = f"{base}/products/{key.gtin}"
        found.append(Link("pip", about, "Product information", "application/json"))
        found.append(Link("recallStatus", f"{about}/recall{_scope(link)}", "Recall status", "application/json"))
    found.append(Link("epcis", _events(key, base), "EPCIS events, for partners with a key", "application/json"))
    if key.is_unit:
        found.append(Link("traceability", f"{base}/proof{path}", "Proof of custody, to be checked offline", "application/json"))
    return found


def path_of(link: DigitalLink) -> str:
    """Its path with all that it says: the page compares lot and serial with each other."""
    return write_link("", link.ai, link.value, link.qualifiers)


def _scope(link: DigitalLink) -> str:
    asked = {name: link.qualifiers[ai] for name, ai in (("lot", "10"), ("serial", "21")) if ai in link.qualifiers}
    return f"?{urlencode(asked)}" if asked else ""


def _events(key: Key, base: str) -> str:
    if key.is_unit:
        return f"{base}/epcs/{quote(key.uri, safe='')}/events"
    name = {"gln": "EQ_bizLocation", "sgln": "EQ_bizLocation"}.get(key.kind, "MATCH_anyEPCClass" if key.lot else "MATCH_anyEPC")
    return f"{base}/events?{urlencode({name: key.uri})}"
