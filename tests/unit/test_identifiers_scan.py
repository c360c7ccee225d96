"""Scanned and typed codes, and labels. The gaps of the parser underneath are each closed by name."""

from __future__ import annotations

import pytest

from pedigree.identifiers import IdentifierError, canonical, digital_link, element_string, hri, parse_scan

GS = "\x1d"
GTIN, UNIT = "04012345123456", "https://id.gs1.org/01/04012345123456/21/12345"
FULL = f"01{GTIN}1727123110ABC123{GS}2112345"


def code_of(text: str | bytes, **options: int) -> tuple[str, str]:
    with pytest.raises(IdentifierError) as caught:
        parse_scan(text, **options)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        (FULL, ""),
        ("]d2" + FULL, "DataMatrix"),
        ("]Q3" + FULL, "QR"),
        ("]C1" + FULL, "Code128"),
        ("]e0" + FULL, "DataBar"),
        ("]d2" + GS + FULL + GS, "DataMatrix"),
        (FULL + "\r\n", ""),
        (FULL.replace(GS, "^]"), ""),
        (FULL.replace(GS, "<GS>"), ""),
        (FULL.replace(GS, "{GS}"), ""),
        (FULL.replace(GS, "[FNC1]"), ""),
        (FULL.replace(GS, "<F8>"), ""),
        (FULL.replace(GS, "␝"), ""),
        (FULL.replace(GS, "\\x1D"), ""),
        (FULL.encode(), ""),
        (FULL.encode().replace(b"\x1d", b"\xf8"), ""),
        (f"(01){GTIN}(17)271231(10)ABC123(21)12345", ""),
        (f"(01) {GTIN} (17) 271231 (10) ABC123 (21) 12345", ""),
        (f"（01）{GTIN}（17）271231（10）ABC123（21）12345", ""),
        ("(01) 0 4012345 12345 6 (17)271231(10)ABC123(21)12345", ""),
    ],
)
def test_every_way_that_an_element_string_arrives(text: str | bytes, symbology: str) -> None:
    scan = parse_scan(text)
    assert (scan.uri, scan.gtin, scan.serial, scan.lot, scan.expiry) == (UNIT, GTIN, "12345", "ABC123", "2027-12-31")
    assert (scan.symbology, scan.scheme, scan.warnings, scan.alternatives, scan.other) == (symbology, "gs1", (), (), {})
    assert scan.key.kind == "sgtin"


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("https://example.com/01/04012345123456/10/ABC123/21/12345?17=271231&utm=a+b", ""),
        ("]Q1https://example.com/01/04012345123456/10/ABC123/21/12345?17=271231", "QR"),
        ("]d1HTTPS://EXAMPLE.COM/P/01/04012345123456/10/ABC123/21/12345?17=271231", "DataMatrix"),
        ("http://example.com/gtin/4012345123456/21/12345?10=ABC123&17=271231&12345=6&99999=1", ""),
    ],
)
def test_digital_links(text: str, symbology: str) -> None:
    scan = parse_scan(text)
    assert (scan.uri, scan.gtin, scan.serial, scan.lot, scan.expiry) == (UNIT, GTIN, "12345", "ABC123", "2027-12-31")
    assert (scan.symbology, scan.scheme, scan.warnings) == (symbology, "digital-link", ())


def test_serial_in_the_query_is_read_and_said() -> None:
    scan = parse_scan("https://example.com/01/04012345123456?21=12345")
    assert (scan.uri, scan.warnings) == (UNIT, ("serial_in_query",))


def test_case_of_lot_and_serial_is_kept() -> None:
    scan = parse_scan("HTTPS://EXAMPLE.COM/01/04012345123456/10/aB/21/Cd%2fE")
    assert (scan.lot, scan.serial, scan.uri) == ("aB", "Cd/E", "https://id.gs1.org/01/04012345123456/21/Cd%2FE")


def test_urns() -> None:
    assert parse_scan("urn:epc:id:sgtin:4012345.012345.12345").uri == UNIT
    lot = parse_scan("urn:epc:class:lgtin:4012345.012345.L1")
    assert (lot.uri, lot.key.kind, lot.lot, lot.scheme) == ("", "lgtin", "L1", "epc-urn")
    assert parse_scan("urn:epc:id:gid:1.2.3").uri == "urn:epc:id:gid:1.2.3"
    assert parse_scan("urn:epc:id:sgln:4012345.00011.987").gln == "4012345000115"
    assert code_of("urn:epc:id:sgtin:4012345.1.1") == ("unreadable", "text")
    assert code_of("urn:uuid:1") == ("unknown_scheme", "text")
    again = parse_scan("urn:medtrace:china20:81000000000000000000")
    assert (again.scheme, again.uri) == ("china20", "urn:medtrace:china20:81000000000000000000")


@pytest.mark.parametrize(
    ("digits", "gtin"),
    [
        ("04012345123456", "04012345123456"),
        ("4012345123456", "04012345123456"),
        ("614141123452", "00614141123452"),
        ("96385074", "00000096385074"),
        ("401 2345 1234 56", "04012345123456"),
    ],
)
def test_bare_gtin(digits: str, gtin: str) -> None:
    scan = parse_scan(digits)
    assert (scan.gtin, scan.uri, scan.key.uri, scan.key.kind) == (gtin, "", f"https://id.gs1.org/01/{gtin}", "gtin")


@pytest.mark.parametrize("text", ["{0}", "00{0}", "]C100{0}", "(00){0}"])
def test_sscc_brings_no_bogus_lot(text: str) -> None:
    scan = parse_scan(text.format("040123450000001112"))
    assert (scan.uri, scan.sscc) == ("https://id.gs1.org/00/040123450000001112", "040123450000001112")
    assert (scan.lot, scan.other, scan.warnings) == ("", {}, ())


def test_bare_sscc_that_starts_like_a_lot() -> None:
    scan = parse_scan("106141412345678908")  # would read as AI 10 as well
    assert (scan.sscc, scan.lot) == ("106141412345678908", "")


@pytest.mark.parametrize(
    "digits",
    ["81234567890123456789", "]C081234567890123456789", "]C181234567890123456789", "8100 0000 0000 0000 0000"],
)
def test_chinese_code_is_opaque(digits: str) -> None:
    scan = parse_scan(digits)
    bare = digits.replace(" ", "")[-20:]
    assert (scan.scheme, scan.uri, scan.key.kind, scan.key.value) == ("china20", f"urn:medtrace:china20:{bare}", "china20", bare)
    assert (scan.gtin, scan.lot, scan.expiry, scan.warnings) == ("", "", "", ())


def test_twenty_digits_that_could_be_either() -> None:
    assert parse_scan("01040123451234562112").uri == "https://id.gs1.org/01/04012345123456/21/12"
    wrong = parse_scan("01040123451234572112")  # no GTIN: never called a wrong check digit
    assert (wrong.scheme, wrong.warnings) == ("china20", ("maybe_gs1",))
    assert code_of("]d201040123451234572112") == ("check_digit", "gtin")
    assert code_of("00040123450000001113") == ("check_digit", "sscc")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("010401234512345721123", "gtin"),
        ("]d2010401234512345721123", "gtin"),
        ("(01)04012345123457(21)1", "gtin"),
        ("https://example.com/01/04012345123457/21/1", "gtin"),
        ("4012345123457", "gtin"),
        ("040123450000001113", "sscc"),
        ("(00)040123450000001113", "sscc"),
        ("(414)4012345000116", "gln"),
        ("(8003)0401234566666487", "grai"),
        ("(00)040123450000001112(02)04012345123457(37)5", "02"),
    ],
)
def test_wrong_check_digit_is_refused(text: str, field: str) -> None:
    assert code_of(text) == ("check_digit", field)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"01{GTIN}21A{GS}21B", "serial"),
        (f"(01){GTIN}(10)A(10)A", "lot"),
        (f"01{GTIN}01{GTIN}", "gtin"),
        (f"https://example.com/01/{GTIN}/21/A?21=B", "serial"),
        (f"https://example.com/01/{GTIN}/21/A?17=271231&17=281231", "expiry"),
    ],
)
def test_duplicate_ais_are_refused(text: str, field: str) -> None:
    assert code_of(text) == ("duplicate_ai", field)


def test_lost_separator_is_named_never_mended() -> None:
    scan = parse_scan(FULL.replace(GS, ""))
    assert (scan.lot, scan.serial, scan.uri, scan.warnings) == ("ABC1232112345", "", "", ("lost_separator",))
    assert scan.alternatives == (UNIT,)


def test_lost_separator_behind_the_serial() -> None:
    scan = parse_scan(f"01{GTIN}211234510ABC17271231")
    assert scan.uri == "https://id.gs1.org/01/04012345123456/21/1234510ABC17271231"
    assert scan.warnings == ("lost_separator",)
    assert UNIT in scan.alternatives


def test_lost_separator_that_overflows_a_field() -> None:
    """Lot, 21 and serial are longer than a lot may be: what is left out is not guessed."""
    scan = parse_scan(f"01{GTIN}1727123110ABCDEFGHIJKL21NOPQRSTUVWXYZ")
    assert (scan.lot, scan.serial, scan.uri, scan.warnings) == ("", "", "", ("lost_separator",))
    assert (scan.gtin, scan.expiry) == (GTIN, "2027-12-31")
    assert scan.alternatives == ("https://id.gs1.org/01/04012345123456/21/NOPQRSTUVWXYZ",)
    assert code_of(f"01{GTIN}10ABCDEFGHIJKLMNOPQRSTUVWX") == ("unreadable", "text")


def test_swallowed_expiry_is_noticed() -> None:
    assert parse_scan(f"01{GTIN}10ABC17271231").warnings == ("lost_separator",)
    assert parse_scan(f"01{GTIN}10ABC17271331").warnings == ()  # no month 13


def test_no_alarm_where_nothing_is_missing() -> None:
    assert parse_scan(f"01{GTIN}1727123110L2105{GS}21981017230101").warnings == ()
    assert parse_scan(f"(01){GTIN}(10)ABC1232112345").warnings == ()
    assert parse_scan(f"https://example.com/01/{GTIN}/10/ABC1232112345").warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        GS,
        "]d2",
        "٠٤٠١٢٣٤٥١٢٣٤٥٦",
        "０４０１２３４５１２３４５６",
        f"01{GTIN}21A\x00B",
        f"01{GTIN}21A\nB",
        f"01{GTIN}21A B",
        f"01{GTIN}21Ä",
        f"01{GTIN}21",
        f"01{GTIN}17271301",
        "(01)0401234512345",
        f"(01){GTIN}(21)",
        f"(9999){GTIN}",
        "(17)271231(10)ABC",
        "1727123110ABC",
        "1234567",
        "9" * 2_001,
        b"\xff\xfe",
        "https://example.com/01/04012345123456/21/%ZZ",
        "https://example.com/01/04012345123456/21/1?17=%ZZ",
        "https://example.com/01/04012345123456/21/1?17=2712",
        "https://example.com/01/123/21/1",
        "https://exa mple.com/01/04012345123456",
        "https://id.gs1.org/",
        "(8004)AB",
    ],
)
def test_unreadable(text: str | bytes) -> None:
    assert code_of(text)[0] == "unreadable"


@pytest.mark.parametrize("text", ["HELLO", "https://example.com/page", "urn:isbn:1", "+A"])
def test_unknown_scheme(text: str) -> None:
    assert code_of(text) == ("unknown_scheme", "text")


@pytest.mark.parametrize(
    ("yymmdd", "year", "iso"),
    [
        ("270200", 2026, "2027-02-28"),
        ("280200", 2026, "2028-02-29"),
        ("760101", 2026, "2076-01-01"),
        ("770101", 2026, "1977-01-01"),
        ("800101", 2026, "1980-01-01"),
        ("800101", 2031, "2080-01-01"),
        ("100101", 2065, "2110-01-01"),
    ],
)
def test_century_and_day_zero(yymmdd: str, year: int, iso: str) -> None:
    assert parse_scan(f"01{GTIN}17{yymmdd}11{yymmdd}211", year=year).expiry == iso
    assert parse_scan(f"01{GTIN}11{yymmdd}211", year=year).produced == iso


def test_a_day_that_does_not_exist_names_its_field() -> None:
    assert code_of(f"01{GTIN}17270230211") == ("unreadable", "expiry")
    assert code_of(f"01{GTIN}11000000211") == ("unreadable", "produced")


def test_device_codes() -> None:
    code = "MA.156.M0.100003.1010203.S1"
    ma = parse_scan(code)
    assert (ma.scheme, ma.key.kind, ma.uri, ma.warnings) == ("udi-ma", "ma", f"urn:medtrace:ma:{code}", ("opaque",))
    hibc = parse_scan("]A0+A99912345/$$52001510X3/S77")
    assert (hibc.scheme, hibc.key.kind, hibc.key.value) == ("hibc", "hibc", "+A99912345/$$52001510X3/S77")
    assert parse_scan(hibc.uri).key == hibc.key
    device = parse_scan(f"(01){GTIN}(11)260101(17)310101(10)L(21)S(240)REF-1")
    assert (device.produced, device.other) == ("2026-01-01", {"240": "REF-1"})


def test_logistic_label() -> None:
    scan = parse_scan(f"]C10004012345000000111202{GTIN}3750{GS}10L")
    assert (scan.uri, scan.lot, scan.other) == ("https://id.gs1.org/00/040123450000001112", "L", {"02": GTIN, "37": "50"})
    place = parse_scan("]C14144012345000115254987")
    assert (place.key.kind, place.gln, place.uri, place.serial) == ("sgln", "4012345000115", "", "")


def test_labels() -> None:
    assert element_string(UNIT, lot="ABC123", expiry="2027-12-31") == FULL
    assert hri(UNIT, lot="ABC123", expiry="2027-12-31") == f"(01){GTIN}(17)271231(10)ABC123(21)12345"
    assert digital_link(UNIT, "https://example.com/p/", lot="A/B", expiry="2027-12") == (
        f"https://example.com/p/01/{GTIN}/10/A%2FB/21/12345?17=271200"
    )
    assert element_string("https://id.gs1.org/00/040123450000001112", lot="L") == "0004012345000000111210L"
    assert element_string("urn:epc:id:sgln:4012345.00011.987") == "4144012345000115254987"
    assert canonical(digital_link(UNIT, lot="X", expiry="2027-01-01")) == UNIT
    lot = f"https://id.gs1.org/01/{GTIN}/10/L"
    assert hri(lot, lot="L") == f"(01){GTIN}(10)L"


@pytest.mark.parametrize(
    ("uri", "lot", "expiry", "field"),
    [
        ("urn:medtrace:china20:81000000000000000000", "", "", "uri"),
        (f"https://id.gs1.org/01/{GTIN}/10/L", "M", "", "lot"),
        (UNIT, "a lot", "", "lot"),
        (UNIT, "", "2027-02-30", "expiry"),
        (UNIT, "", "soon", "expiry"),
    ],
)
def test_labels_refuse_what_they_cannot_carry(uri: str, lot: str, expiry: str, field: str) -> None:
    for make in (element_string, hri, digital_link):
        with pytest.raises(IdentifierError) as caught:
            make(uri, lot=lot, expiry=expiry)
        assert caught.value.field == field


def test_a_link_to_an_sscc_takes_no_lot() -> None:
    with pytest.raises(IdentifierError):
        digital_link("https://id.gs1.org/00/040123450000001112", lot="L")
