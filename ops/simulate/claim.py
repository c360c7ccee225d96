"""What arrives: a document with its evidence, from whom, and when."""

from __future__ import annotations

import base64
import binascii

import msgspec

from pedigree.errors import DocumentError, Fault

JSON, XML = "application/ld+json", "application/xml"


class Claim(msgspec.Struct, frozen=True):
    """`arrival_ms`: record time, ms UTC. `party`: GLN of whoever's key uploads it (a stolen one too).

    `device`: the scanner, where a device sends for itself. `journal`: JSON of the entries that come along, `seal`: the header's
    value; '' = none.
    """

    id: str
    arrival_ms: int
    party: str
    device: str
    content_type: str
    body: bytes
    journal: str = ""
    seal: str = ""


class _Line(msgspec.Struct, omit_defaults=True):
    """As stored. A body that is no UTF-8 goes into `raw` as base64."""

    id: str
    arrival: int
    party: str
    type: str
    device: str = ""
    body: str = ""
    raw: str = ""
    journal: str = ""
    seal: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


def encode_claim(claim: Claim) -> bytes:
    """One line of JSON, with its line feed."""
    line = _Line(claim.id, claim.arrival_ms, claim.party, claim.content_type, claim.device)
    line.journal, line.seal = claim.journal, claim.seal
    try:
        line.body = claim.body.decode()
    except UnicodeDecodeError:
        line.raw = base64.b64encode(claim.body).decode()
    return _encode(line) + b"\n"


def decode_claim(text: bytes) -> Claim:
    """Raises DocumentError."""
    try:
        line = _decode(text)
        body = base64.b64decode(line.raw, validate=True) if line.raw else line.body.encode()
    except (msgspec.MsgspecError, binascii.Error) as broken:
        raise DocumentError("not a stored claim", (Fault("", str(broken)[:100], "a line of claims.jsonl"),)) from broken
    return Claim(line.id, line.arrival, line.party, line.device, line.type, body, line.journal, line.seal)
