"""XML that wants to hurt its reader."""

from __future__ import annotations

import time

import pytest

from pedigree.errors import DocumentError
from pedigree.wire import parse_xml

DOCUMENT = (
    '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2"><EPCISBody><EventList>{}</EventList></EPCISBody>'
    "</epcis:EPCISDocument>"
)
BOMB = "<!DOCTYPE a [<!ENTITY a0 'x'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"


@pytest.mark.parametrize(
    "doctype",
    ["<!DOCTYPE project>", "<!-- <!DOCTYPE a [ > --><!DOCTYPE a>", "<?pi <!DOCTYPE a [ ?><!DOCTYPE a  >", "<!-- DOCTYPE -->"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_empty_doctype_passes(doctype: str, encoding: str) -> None:
    assert parse_xml((doctype + DOCUMENT.format("")).encode(encoding)).events == []


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE a []>",
        "<!DOCTYPE a [\n]>",
        "<!-- <!DOCTYPE a> --><!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://127.0.0.1:9/x'> %b;]>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'>",
        "<!DOCTYPE a PUBLIC 'x' 'file:///dev/random'>",
        BOMB,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_dtd_is_refused_before_anything_reads_it(doctype: str, encoding: str) -> None:
    start = time.monotonic()
    with pytest.raises(DocumentError, match="DOCTYPE"):
        parse_xml((doctype + DOCUMENT.format("&b;&a11;")).encode(encoding))
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<a/>",
        b"<a>&undefined;</a>",
        b"<a>&#0;</a>",
        b'<a b="1" b="2"/>',
        b"<a>\xff</a>",
        b"\xff\xfe\x00",
        b"\x00\x00\x00<\x00\x00\x00a",
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>',
        b'<?xml version="1.0"?><x:a/>',
        DOCUMENT.format("<a>" * 300 + "</a>" * 300).encode(),
        DOCUMENT.format("<a>" * 70 + "</a>" * 70).encode(),
        DOCUMENT.format("<ObjectEvent><eventID>" + "x" * 70_000 + "</eventID></ObjectEvent>").encode(),
        DOCUMENT.format('<ObjectEvent a="' + "x" * 70_000 + '"/>').encode(),
        DOCUMENT.format("<ObjectEvent><eventID>" + "x" * 10_500_000 + "</eventID></ObjectEvent>").encode(),
    ],
)
def test_what_is_not_well_formed_or_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_xml(body)
    assert refused.value.faults
    assert len(str(refused.value)) < 1500


def test_a_national_encoding_is_read() -> None:
    body = '<?xml version="1.0" encoding="GBK"?>' + DOCUMENT.format("<ObjectEvent><e:a xmlns:e='urn:e'>中药</e:a></ObjectEvent>")
    assert parse_xml(body.encode("gbk")).events[0]["e:a"] == "中药"
