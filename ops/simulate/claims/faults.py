"""Documents that a gateway has to refuse: how broken software breaks them."""

from __future__ import annotations

import re
from random import Random

FAULTS = ("cut_short", "no_event_time", "bad_time", "unknown_type", "not_utf8", "no_body")


def damaged(body: bytes, xml: bool, rng: Random) -> tuple[bytes, str]:
    """A document that can't be taken in, and which fault it has."""
    fault = rng.choice(FAULTS)
    if fault == "cut_short":
        return body[: rng.randrange(len(body) // 3, len(body) - 2)], fault
    if fault == "not_utf8":
        place = body.find(b"urn:uuid:") + 9
        return body[:place] + b"\xc3\x28" + body[place:], fault
    if fault == "no_event_time":
        return (_once(rb"<eventTime>[^<]*</eventTime>", b"", body) if xml else _once(rb'"eventTime":"[^"]*",', b"", body)), fault
    if fault == "bad_time":
        made = rb"<eventTime>31.12.2025 8:15</eventTime>" if xml else rb'"eventTime":"31.12.2025 8:15"'
        return _once(rb"<eventTime>[^<]*</eventTime>" if xml else rb'"eventTime":"[^"]*"', made, body), fault
    if fault == "unknown_type":
        if xml:
            return _once(rb"<ObjectEvent>|<AggregationEvent>|<TransformationEvent>", b"<ScanEvent>", body), fault
        return _once(rb'"type":"(Object|Aggregation|Transformation)Event"', b'"type":"ScanEvent"', body), fault
    return (body.replace(b"EPCISBody", b"Body") if xml else body.replace(b'"epcisBody"', b'"body"')), fault


def _once(pattern: bytes, made: bytes, body: bytes) -> bytes:
    return re.sub(pattern, made, body, count=1)
