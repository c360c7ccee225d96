"""One name for one thing: the canonical GS1 Digital Link URI that the event hash and all of Medtrace key on."""

from __future__ import annotations

import re
from functools import lru_cache

from pedigree.identifiers.charset import MAX_LENGTH
from pedigree.identifiers.digitallink import canonical_link, parse_link
from pedigree.identifiers.urn import from_urn

# The forms that nearly every event carries; what matches is its own canonical form.
_ALREADY = re.compile(
    r"https://id\.gs1\.org/(?:01/[0-9]{14}(?:/(?:21|10)/[A-Za-z0-9\-._';=]{1,20})?|00/[0-9]{18}"
    r"|414/[0-9]{13}(?:/254/[A-Za-z0-9\-._';=]{1,20})?|417/[0-9]{13})"
)


def canonical(uri: str) -> str:
    """The canonical Digital Link URI on https://id.gs1.org of an EPC URN or of a Digital Link URI on any domain.

    Canonical as the event hash wants it (CBV 2.0 section 8): numeric AIs, only the finest level of identification (a serial
    without its lot), no query, no fragment, GTINs of 14 digits, one way of percent-encoding. Anything else is returned as it
    came: other URNs, web addresses, GS1 URIs with a malformed key. A wrong check digit is kept (`faults` tells). Never raises.
    """
    if _ALREADY.fullmatch(uri) or len(uri) > MAX_LENGTH:
        return uri
    return _canonical(uri)


@lru_cache(maxsize=32_768)
def _canonical(uri: str) -> str:
    if not uri.isascii():
        return uri
    head = uri[:8].lower()
    if head == "urn:epc:":
        return from_urn(uri) or uri
    if head.startswith(("https://", "http://")):
        link = parse_link(uri)
        return uri if link is None else canonical_link(link)
    return uri
