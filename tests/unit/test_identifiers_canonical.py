"""Canonical URIs, URNs, faults, keys: golden values."""

from __future__ import annotations

from typing import get_args

import pytest

from pedigree.identifiers import (
    Kind,
    canonical,
    check_digit,
    describe,
    faults,
    gln_of,
    has_valid_check_digit,
    is_logistic,
    matches_prefix,
    prefix_length,
    shard,
    to_urn,
)

# URN, canonical Digital Link: one of every EPC scheme that has both, and every pattern.
PAIRS = [
    ("urn:epc:id:sgtin:4012345.012345.987", "https://id.gs1.org/01/04012345123456/21/987"),
    ("urn:epc:id:sgtin:4012345.112345.a%2Fb", "https://id.gs1.org/01/14012345123453/21/a%2Fb"),
    ("urn:epc:id:sgtin:614141123451.0.A.b-1", "https://id.gs1.org/01/06141411234517/21/A.b-1"),
    ("urn:epc:id:sscc:4012345.0000000111", "https://id.gs1.org/00/040123450000001112"),
    ("urn:epc:id:sscc:4012345.1112223334", "https://id.gs1.org/00/140123451122233341"),
    ("urn:epc:id:sgln:4012345.00011.987", "https://id.gs1.org/414/4012345000115/254/987"),
    ("urn:epc:id:sgln:4012345.00005.0", "https://id.gs1.org/414/4012345000054"),
    ("urn:epc:id:sgln:401234500005..x", "https://id.gs1.org/414/4012345000054/254/x"),
    ("urn:epc:id:pgln:4012345.00000", "https://id.gs1.org/417/4012345000009"),
    ("urn:epc:id:grai:4012345.66666.87", "https://id.gs1.org/8003/0401234566666387"),
    ("urn:epc:id:giai:4012345.AAbb", "https://id.gs1.org/8004/4012345AAbb"),
    ("urn:epc:id:gsrn:4012345.9876540000", "https://id.gs1.org/8018/401234598765400000"),
    ("urn:epc:id:gsrnp:4012345.0000098765", "https://id.gs1.org/8017/401234500000987658"),
    ("urn:epc:id:gdti:4012345.55555.98", "https://id.gs1.org/253/401234555555498"),
    ("urn:epc:id:cpi:4012345.ABC.123", "https://id.gs1.org/8010/4012345ABC/8011/123"),
    ("urn:epc:id:cpi:4012345.A%23%2F-C.1", "https://id.gs1.org/8010/4012345A%23%2F-C/8011/1"),
    ("urn:epc:id:sgcn:4012345.99999.44", "https://id.gs1.org/255/401234599999044"),
    ("urn:epc:id:ginc:4012345.333", "https://id.gs1.org/401/4012345333"),
    ("urn:epc:id:gsin:4012345.999987654", "https://id.gs1.org/402/40123459999876541"),
    ("urn:epc:id:itip:4012345.012345.01.02.999", "https://id.gs1.org/8006/040123451234560102/21/999"),
    ("urn:epc:id:upui:4012345.012345.AB12", "https://id.gs1.org/01/04012345123456/235/AB12"),
    ("urn:epc:class:lgtin:4012345.012345.998877", "https://id.gs1.org/01/04012345123456/10/998877"),
    ("urn:epc:idpat:sgtin:4012345.012345.*", "https://id.gs1.org/01/04012345123456"),
    ("urn:epc:idpat:grai:4012345.66666.*", "https://id.gs1.org/8003/04012345666663"),
    ("urn:epc:idpat:gdti:4012345.55555.*", "https://id.gs1.org/253/4012345555554"),
    ("urn:epc:idpat:sgcn:4012345.99999.*", "https://id.gs1.org/255/4012345999990"),
    ("urn:epc:idpat:cpi:4012345.ABC.*", "https://id.gs1.org/8010/4012345ABC"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "https://id.gs1.org/8006/040123451234560102"),
]


@pytest.mark.parametrize(("urn", "link"), PAIRS)
def test_urn_and_link_name_one_thing(urn: str, link: str) -> None:
    assert canonical(urn) == link
    assert canonical(link) == link
    length = prefix_length(urn)
    assert length is not None
    assert to_urn(link, length) == urn
    assert faults(urn) == faults(link) == ()


PACK = "https://id.gs1.org/01/04012345123456/21/Xy-1"


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/01/04012345123456/21/Xy-1",
        "HTTPS://EXAMPLE.COM/01/04012345123456/21/Xy-1",
        "http://user@example.com:8080/some/path/01/04012345123456/21/Xy-1",
        "https://example.com/01/04012345123456/10/LOT/21/Xy-1?17=271231&utm=x#top",
        "https://example.com/01/04012345123456/22/2A/10/LOT/21/Xy-1/",
        "https://example.com/01/04012345123456/21/Xy-1/10/LOT",
        "https://example.com/gtin/4012345123456/lot/L/ser/Xy-1",
        "https://example.com/01/04012345123456/21/%58y%2D1",
        "https://example.com/01/shop/01/4012345123456/21/Xy-1",
        "urn:epc:id:sgtin:4012345.012345.Xy-1",
        "URN:EPC:id:sgtin:4012345.012345.%58y%2d1",
    ],
)
def test_every_spelling_of_a_pack_is_one(uri: str) -> None:
    assert canonical(uri) == PACK


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "urn:uuid:5b9b2e9a-0000-4000-8000-000000000000",
        "urn:medtrace:china20:81000000000000000000",
        "urn:epc:id:gid:1.2.3",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:adi:2S194..%2345",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
        "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:id:sgtin:4012345.01234.987",
        "urn:epc:id:sgtin:4012345.012345.",
        "urn:epc:id:sgtin:4012345.012345.a/b",
        "urn:epc:id:sgtin:4012345.012345.%ZZ",
        "urn:epc:id:sgtin:4012345.012345." + "9" * 21,
        "urn:epc:id:sgtin:٤٠١٢٣٤٥.012345.987",
        "urn:epc:id:new:1.2",
        "urn:epc:",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "https://example.com/vocab/01/first",
        "https://example.com/01/0401234512345/21/x/10",
        "https://id.gs1.org/01/04012345123456/21/%ZZ",
        "https://id.gs1.org/01/04012345123456/21/%E4%BD%A0",
        "https://id.gs1.org/01/04012345123456/21/" + "9" * 21,
        "https://exa mple.com/01/04012345123456/21/x",
        "https://example.com/giai/about-us",
        "https://id.gs1.org/01/04012345123456/21/x?" + "a" * 5_000,
        "http://",
    ],
)
def test_anything_else_stays_as_it_came(uri: str) -> None:
    assert canonical(uri) == uri


def test_one_way_of_escaping() -> None:
    """Every character of set 82, from a URN with its escapes and from a link that escapes all or as little as it may."""
    head, urn = "https://id.gs1.org/01/04012345123456/21/", "urn:epc:id:sgtin:4012345.012345."
    for c in "!\"%&'()*+,-./0:;<=>?AZ_az":
        full = f"%{ord(c):02X}"
        want = head + (c if c in "'-.0;=AZ_az" else full)
        assert canonical(head + full) == canonical(urn + full.lower()) == want
        if c not in '"%&/<>?':
            assert canonical(urn + c) == canonical(head + c) == want


def test_qualifiers_that_identify_stay() -> None:
    for uri in (
        "https://id.gs1.org/8018/401234598765400000/8019/12",
        "https://id.gs1.org/415/4012345000054/8020/ABC",
        "https://id.gs1.org/414/4012345000054/254/0",
        "https://id.gs1.org/417/4012345000009/7040/1ABC",
    ):
        assert canonical(uri.replace("id.gs1.org", "example.com")) == canonical(uri) == uri
        assert to_urn(uri, 7) is None


def test_no_urn_for_what_has_none() -> None:
    assert to_urn("https://id.gs1.org/01/04012345123457/21/1", 7) is None  # a URN would hide the wrong check digit
    assert to_urn("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", 7) is None
    assert to_urn("urn:medtrace:china20:81000000000000000000", 7) is None
    assert to_urn(PACK, 5) is None
    assert to_urn(PACK, 13) is None
    assert to_urn("https://id.gs1.org/8004/4012A", 6) is None
    for urn in ("urn:epc:id:gid:1234567.1.1", "urn:epc:id:sgtin:12345.1.1", PACK, "urn:uuid:1"):
        assert prefix_length(urn) is None


def test_check_digits() -> None:
    assert check_digit("629104150021") == "3"
    assert check_digit("9638507") == "4"
    assert has_valid_check_digit("6291041500213")
    for wrong in ("6291041500214", "", "0", "٠٠٠٠", "629104150021X"):
        assert not has_valid_check_digit(wrong)


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("https://id.gs1.org/01/04012345123457/21/1", "expected 6"),
        ("https://example.com/00/040123450000001113", "check digit"),
        ("https://id.gs1.org/01/0401234512345", "check digit"),
        ("https://id.gs1.org/01/123/21/1", "gtin 123"),
        ("https://id.gs1.org/01/04012345123456/21/" + "9" * 21, "serial"),
        ("https://id.gs1.org/01/04012345123456/21/a%7Eb", "character set"),
        ("https://id.gs1.org/01/04012345123456/21/ä", "character set"),
        ("https://id.gs1.org/01/04012345123456/21/%ZZ", "percent"),
        ("https://id.gs1.org/01/04012345123456/21", "without a value"),
        ("https://id.gs1.org/01/04012345123456/21/1/21/2", "twice"),
        ("https://id.gs1.org/00/040123450000001112/21/2", "can't follow"),
        ("https://id.gs1.org/voc/none", "no GS1 key"),
        ("https://example.com/01/123/21/1", "gtin 123"),
        ("https://example.com/" + "a" * 2_000, "2020 characters"),
        ("urn:epc:id:sgtin:4012345.01234.987", "not a well-formed urn:epc:id:sgtin"),
        ("urn:epc:id:sgtin:4012345.012345.a b", "not a well-formed"),
        ("urn:epc:id:imovn:123", "imovn"),
        ("urn:epc:id:new:1", "unknown EPC scheme"),
        ("urn:epc:id", "not a well-formed EPC URN"),
        ("urn:epc:tag:sgtin-96:3.4012345.012345.1", "contents of a tag"),
    ],
)
def test_faults_name_what_is_wrong(uri: str, word: str) -> None:
    assert word in " ".join(faults(uri))


def test_no_fault_in_what_is_no_key() -> None:
    for uri in ("urn:uuid:1", "https://example.com/00/20240101", "https://ref.gs1.org/cbv/Disp-sold", "urn:epc:id:gid:1.2.3"):
        assert faults(uri) == ()


def test_describe() -> None:
    pack = describe("urn:epc:id:sgtin:4012345.012345.a%2Fb")
    assert (pack.uri, pack.kind, pack.gtin, pack.serial, pack.lot, pack.value) == (
        "https://id.gs1.org/01/04012345123456/21/a%2Fb",
        "sgtin",
        "04012345123456",
        "a/b",
        "",
        "04012345123456",
    )
    kinds = {link: describe(link).kind for _, link in PAIRS}
    assert set(kinds.values()) == set(get_args(Kind)) - {"udi", "china20", "ma", "hibc"}
    assert describe("https://id.gs1.org/8003/0401234566666387").serial == "87"
    assert describe("urn:medtrace:china20:81000000000000000000").kind == "china20"
    assert describe("urn:medtrace:hibc:%2BA99912345%2F9").value == "+A99912345/9"
    assert describe("urn:medtrace:udi:x").kind == "udi"
    assert describe("https://example.com/" + "a" * 10_000).kind == "other"
    assert describe(PACK).is_unit
    assert not describe("https://id.gs1.org/01/04012345123456").is_unit
    assert not describe("https://id.gs1.org/414/4012345000054").is_unit


def test_whose_prefix() -> None:
    for urn, link in PAIRS:
        prefix = urn.split(":")[4].split(".")[0]
        assert matches_prefix(link, prefix)
        assert matches_prefix(urn, prefix[:6])
        assert not matches_prefix(link, "99" + prefix[2:])
    assert not matches_prefix("https://id.gs1.org/01/96385074", "9638507")  # a GTIN-8 is under nobody's prefix
    assert not matches_prefix(PACK, "")
    assert not matches_prefix(PACK, "401")
    assert not matches_prefix("urn:uuid:1", "4012345")


def test_places_and_containers() -> None:
    assert gln_of("urn:epc:id:pgln:4012345.00000") == "4012345000009"
    assert gln_of("https://id.gs1.org/414/4012345000115/254/987") == "4012345000115"
    assert gln_of(PACK) == ""
    yes = ["urn:epc:id:sscc:4012345.0000000111", "urn:epc:id:grai:4012345.66666.87", "https://id.gs1.org/8004/4012345AAbb"]
    no = [PACK, "urn:epc:idpat:grai:4012345.66666.*", "https://id.gs1.org/414/4012345000054", "urn:uuid:1"]
    assert [is_logistic(u) for u in yes + no] == [True] * 3 + [False] * 4


def test_shards_never_move() -> None:
    assert shard("https://id.gs1.org/01/04012345123456/21/987") == GOLDEN_SHARDS[0]
    assert shard("https://id.gs1.org/00/040123450000001112") == GOLDEN_SHARDS[1]
    assert shard("urn:medtrace:china20:81000000000000000000") == GOLDEN_SHARDS[2]
    counts = [0] * 64
    for n in range(6_400):
        counts[shard(f"https://id.gs1.org/01/04012345123456/21/{n}") >> 6] += 1
    assert 60 <= min(counts) <= max(counts) <= 140


GOLDEN_SHARDS = (2538, 1683, 1897)  # first 12 bits of SHA-256
