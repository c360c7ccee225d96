"""Identifiers: round trips between forms, robustness, agreement with the reference implementation of the event hash."""

from __future__ import annotations

from contextlib import suppress

import pytest
from epcis_event_hash_generator.dl_normaliser import normaliser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pedigree.identifiers import (
    IdentifierError,
    canonical,
    check_digit,
    describe,
    digital_link,
    element_string,
    faults,
    has_valid_check_digit,
    hri,
    matches_prefix,
    parse_scan,
    prefix_length,
    shard,
    to_urn,
)

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
# The reference passes on these characters of a URN as they are, or escaped as TDS prescribes.
URN_ESCAPES = {c: f"%{ord(c):02X}" for c in '"%&/<>?'}


def digits(n: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=n, max_size=n)


def values(longest: int, alphabet: str = SET_82) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=longest)


def escaped(value: str) -> str:
    return "".join(URN_ESCAPES.get(c, c) for c in value)


@st.composite
def urns(draw: st.DrawFn) -> str:
    """An EPC URN of any scheme that has a Digital Link form."""
    prefix = draw(digits(draw(st.integers(6, 12))))
    n = len(prefix)
    item, place, seventeen = draw(digits(13 - n)), draw(digits(12 - n)), draw(digits(17 - n))
    reference = draw(values(30 - n, "#-/0189AMZ")).replace("#", "%23").replace("/", "%2F")
    return draw(
        st.one_of(
            values(20).map(lambda s: f"urn:epc:id:sgtin:{prefix}.{item}.{escaped(s)}"),
            values(20).map(lambda s: f"urn:epc:class:lgtin:{prefix}.{item}.{escaped(s)}"),
            values(28).map(lambda s: f"urn:epc:id:upui:{prefix}.{item}.{escaped(s)}"),
            values(20).map(lambda s: f"urn:epc:id:itip:{prefix}.{item}.01.02.{escaped(s)}"),
            values(20).map(lambda s: f"urn:epc:id:sgln:{prefix}.{place}.{escaped(s)}"),
            values(30 - n).map(lambda s: f"urn:epc:id:giai:{prefix}.{escaped(s)}"),
            values(30 - n).map(lambda s: f"urn:epc:id:ginc:{prefix}.{escaped(s)}"),
            digits(12).map(lambda s: f"urn:epc:id:cpi:{prefix}.{reference}.{s}"),
            st.just(f"urn:epc:id:sscc:{prefix}.{seventeen}"),
            st.just(f"urn:epc:id:gsrn:{prefix}.{seventeen}"),
            st.just(f"urn:epc:id:gsrnp:{prefix}.{seventeen}"),
            st.just(f"urn:epc:id:gsin:{prefix}.{seventeen[:-1]}"),
            st.just(f"urn:epc:id:pgln:{prefix}.{place}"),
            st.just(f"urn:epc:idpat:sgtin:{prefix}.{item}.*"),
            st.just(f"urn:epc:idpat:itip:{prefix}.{item}.01.02.*"),
            st.just(f"urn:epc:idpat:cpi:{prefix}.{reference}.*"),
            digits(12).map(lambda s: f"urn:epc:id:sgcn:{prefix}.{place}.{s}"),
            # The reference wants three dots in a row where the prefix leaves no reference: a slip in its patterns.
            *(
                values(longest).map(lambda s, k=scheme: f"urn:epc:id:{k}:{prefix}.{place}.{escaped(s)}")
                for scheme, longest in (("grai", 16), ("gdti", 17))
                if place
            ),
        )
    )


@given(urns())
def test_urn_to_link_and_back(urn: str) -> None:
    link = canonical(urn)
    length = prefix_length(urn)
    assert length is not None
    assert link.startswith("https://id.gs1.org/")
    assert canonical(link) == link
    assert to_urn(link, length) == urn
    assert faults(urn) == faults(link) == ()
    assert matches_prefix(link, urn.split(":")[4].split(".")[0]) or link.startswith("https://id.gs1.org/01/000000")


@given(urns())
def test_canonical_agrees_with_the_reference(urn: str) -> None:
    assert canonical(urn) == normaliser(urn)


@given(digits(13), values(20, "'-.019;=AZ_az"), st.sampled_from(["", "/10/L"]), st.sampled_from(["", "?17=271231"]))
def test_links_agree_with_the_reference(body: str, serial: str, lot: str, query: str) -> None:
    uri = f"https://example.com/path/01/{body}{check_digit(body)}{lot}/21/{serial}{query}"
    assert canonical(uri) == normaliser(uri)


@given(urns(), st.sampled_from(["https://example.com", "HTTPS://ID.GS1.ORG", "http://a.example:8080/some/01/path"]))
def test_the_domain_does_not_matter(urn: str, base: str) -> None:
    link = canonical(urn)
    assert canonical(base + link.removeprefix("https://id.gs1.org") + "?x=1#y") == link


PACKS = st.tuples(digits(13), values(20), values(20))


@given(PACKS, st.dates().map(str))
@example(("0401234512345", "(21)", "(10)x"), "2027-12-31")
def test_labels_are_read_back(pack: tuple[str, str, str], expiry: str) -> None:
    body, serial, lot = pack
    uri = canonical(digital_link(canonical(f"urn:epc:idpat:sgtin:{body[1:8]}.{body[0]}{body[8:]}.*")))
    unit = f"{uri}/21/" + "".join(f"%{ord(c):02X}" for c in serial)
    year = int(expiry[:4])
    for text in (
        "]d2" + element_string(unit, lot=lot, expiry=expiry),
        digital_link(unit, "HTTPS://EXAMPLE.COM/p", lot=lot, expiry=expiry),
    ):
        scan = parse_scan(text, year=year)
        assert (scan.uri, scan.serial, scan.lot, scan.expiry) == (canonical(unit), serial, lot, expiry)
        assert scan.gtin == body + check_digit(body)
    if "(" not in serial + lot:
        scan = parse_scan(hri(unit, lot=lot, expiry=expiry), year=year)
        assert (scan.uri, scan.serial, scan.lot, scan.expiry) == (canonical(unit), serial, lot, expiry)


@given(digits(13), values(9, "019ABC"), values(9, "2345DEF"))
def test_a_lost_separator_never_passes_unseen(body: str, lot: str, serial: str) -> None:
    scan = parse_scan(f"01{body}{check_digit(body)}10{lot}21{serial}")
    assert "lost_separator" in scan.warnings
    assert not scan.serial
    assert f"https://id.gs1.org/01/{body}{check_digit(body)}/21/{serial}" in scan.alternatives


@given(digits(20))
@example("00040123450000001113")
def test_a_chinese_code_is_never_called_wrong(code: str) -> None:
    if code.startswith("00") and not has_valid_check_digit(code[2:]):
        with pytest.raises(IdentifierError):  # an SSCC with its AI does have a check digit to be wrong
            parse_scan(code)
    else:
        assert parse_scan(code).scheme == "china20" or code.startswith(("00", "01"))


SCANNED = ["]d2", "]Q1", "\x1d", "<GS>", "01", "04012345123456", "10", "21", "17", "271200", "00", "040123450000001112", "8003"]
LINKED = ["https://", "HTTP://", "example.com/", "/01/", "/21/", "?17=", "&", "%ZZ", "%2F", "#", "(01)", "(21)", "(", ")"]
NAMED = ["urn:epc:", "id:sgtin:", "idpat:", "4012345.", "012345.", "*", "MA.156.", "+A999", "urn:medtrace:ma:"]
ODD = ["\x00", "é", "٣", " ", "a", "7", "391", "7007", "3103", "310"]
FRAGMENTS = st.sampled_from([*SCANNED, *LINKED, *NAMED, *ODD])
JUNK = st.one_of(st.lists(FRAGMENTS, max_size=12).map("".join), st.text(max_size=60))


@settings(max_examples=300)
@given(JUNK)
def test_nothing_breaks_them(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert 0 <= shard(text.encode("utf-8", "replace").decode()) < 4_096
    key = describe(text)
    assert describe(key.uri) == key
    assert all(isinstance(f, str) for f in faults(text))
    assert to_urn(text, 7) is None or canonical(to_urn(text, 7) or "") == canonical(text)
    for given_text in (text, text.encode("utf-8", "surrogatepass")):
        with suppress(IdentifierError):
            scan = parse_scan(given_text)
            assert scan.uri == "" or describe(scan.uri) == scan.key


@given(digits(1) | digits(7) | digits(12) | digits(17))
def test_a_check_digit_catches_any_single_error(body: str) -> None:
    number = body + check_digit(body)
    assert has_valid_check_digit(number)
    for at, digit in enumerate(number):
        wrong = number[:at] + str((int(digit) + 1) % 10) + number[at + 1 :]
        assert not has_valid_check_digit(wrong)
