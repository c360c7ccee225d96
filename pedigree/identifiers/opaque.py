"""Codes of schemes other than GS1, kept whole: nothing is read out of them until their scheme is resolved explicitly.

The Chinese 20-digit code carries no lot and no expiry, and its four check digits can't be recomputed by the public, so it is
never called wrong. MA is the Chinese device identification of GB/T 39587; HIBC that of ANSI/HIBC 2.6.
"""

from __future__ import annotations

import re
from typing import Literal

from pedigree.identifiers.charset import decode, encode

OpaqueKind = Literal["china20", "ma", "hibc", "udi", "other"]
_SCHEMES: dict[str, OpaqueKind] = {"china20": "china20", "ma": "ma", "hibc": "hibc", "udi": "udi"}
_PREFIX = "urn:medtrace:"

_MA = re.compile(r"MA\.[0-9]{3}\.[!-~]{3,200}")
# Label identification code: a letter and three letters or digits; "++" marks the supplier's own supplemental data.
_HIBC = re.compile(r"\+[A-Z][A-Z0-9]{3}[!-~ ]{3,200}")


def opaque_uri(kind: OpaqueKind, code: str) -> str:
    """`urn:medtrace:<scheme>:<code>` with the code percent-encoded where a URN needs it."""
    return f"{_PREFIX}{kind}:{encode(code).replace(' ', '%20')}"


def opaque_kind(uri: str) -> tuple[OpaqueKind, str]:
    """Scheme and code of an opaque URI; ('other', '') for anything else."""
    if uri.startswith(_PREFIX):
        scheme, _, text = uri[len(_PREFIX) :].partition(":")
        code = decode(text)
        if scheme in _SCHEMES and code:
            return _SCHEMES[scheme], code
    return "other", ""


def recognise(text: str) -> OpaqueKind | None:
    """The scheme that a scanned text shows on its face; the 20 digits are judged by `scan`, which knows the symbology."""
    if _MA.fullmatch(text):
        return "ma"
    return "hibc" if _HIBC.fullmatch(text) else None
