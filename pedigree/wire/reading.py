"""Which notation a body is written in."""

from __future__ import annotations

from pedigree.errors import DocumentError, Fault
from pedigree.wire.document import Document
from pedigree.wire.json_form import parse_json, parse_json_event
from pedigree.wire.limits import Limits
from pedigree.wire.xml_reading import parse_xml, parse_xml_event


def parse(body: bytes, content_type: str = "", limits: Limits | None = None) -> Document:
    """Read a document of either notation; without a content type the first character decides. Raises DocumentError with all
    faults that keep it from being read."""
    return parse_xml(body, limits) if _is_xml(body, content_type) else parse_json(body, limits)


def parse_event(body: bytes, content_type: str = "", limits: Limits | None = None) -> Document:
    """Read one event that stands alone. Raises DocumentError."""
    return parse_xml_event(body, limits) if _is_xml(body, content_type) else parse_json_event(body, limits)


def _is_xml(body: bytes, content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    if media.endswith(("/xml", "+xml")):
        return True
    if media.endswith(("/json", "+json")):
        return False
    start = body[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise DocumentError("the body is empty", (Fault("", "nothing", "an EPCIS document"),))
    return start[:1] == b"<" or start[:2] in (b"\xff\xfe", b"\xfe\xff", b"\x00<")
