"""Registry: facts folded, questions answered, bad facts refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedigree.factcheck import check_fact
from pedigree.facts import KINDS, OPERATOR, Party, Recall, Site, fact_of, value_of
from pedigree.identifiers.checkdigit import check_digit
from pedigree.messages import Fact
from pedigree.registry import SLACK, Registry
from pedigree.seal import generate_key


def gln(number: int) -> str:
    body = f"69{number:010d}"
    return body + check_digit(body)


MAKER, HOSPITAL, THREEPL, REGULATOR = gln(1), gln(2), gln(3), gln(4)
SITE, DOCK = gln(101), gln(102)
GTIN = "0" + (body := "690123400001") + check_digit("0" + body)


def registry_of(*facts: Fact) -> Registry:
    registry = Registry()
    for fact in facts:
        registry.apply(fact)
    return registry


def party(id: str, role: str, **more: Any) -> Fact:
    return Fact("party", id, {"name": "A company", "role": role, **more}, 1000, OPERATOR)


def people() -> Registry:
    return registry_of(
        party(MAKER, "maker", prefixes=["6901234"], sites=[{"gln": SITE, "city": "Chengdu"}], precision_ms=60_000),
        party(HOSPITAL, "hospital", sites=[{"gln": DOCK}]),
        party(THREEPL, "distributor", prefixes=["690123400"]),
        party(REGULATOR, "regulator"),
        Fact("delegation", "d", {"principal": HOSPITAL, "delegate": THREEPL, "from": 5000, "to": 9000}, 1000, OPERATOR),
    )


def test_who_a_uri_belongs_to() -> None:
    registry = people()
    assert registry.party_of(MAKER) == MAKER
    assert registry.party_of(f"https://id.gs1.org/414/{SITE}") == MAKER
    assert registry.party_of(f"https://example.com/414/{SITE}/254/ward3") == MAKER
    assert registry.party_of(f"https://id.gs1.org/417/{HOSPITAL}") == HOSPITAL
    assert registry.party_of("urn:epc:id:sgln:0614141.00729.0") == "0614141007295"
    assert registry.party_of("https://example.org/somebody") == "https://example.org/somebody"
    assert registry.party_of("") == ""
    registry.apply(party(HOSPITAL, "hospital", sites=[{"gln": DOCK}, {"gln": "0614141007295"}]))
    assert registry.party_of("urn:epc:id:sgln:0614141.00729.0") == HOSPITAL
    assert registry.site(SITE) == Site(gln=SITE, city="Chengdu")


def test_places_belong_to_their_prefix_when_nobody_registered_them() -> None:
    registry = people()
    place = "6901234" + "00555" + check_digit("690123400555")
    assert registry.place_owner(f"https://id.gs1.org/414/{place}") == THREEPL
    assert registry.place_owner("https://id.gs1.org/414/0614141007295") == "0614141007295"
    assert registry.place_owner("geo:31.2,121.5") == ""


def test_the_longest_prefix_owns() -> None:
    registry = people()
    assert registry.owner_of(f"https://id.gs1.org/01/{GTIN}/21/1") == THREEPL
    other = "06901234500009"
    assert registry.owner_of(f"https://id.gs1.org/01/{other}/10/L") == MAKER
    assert registry.owner_of(f"https://id.gs1.org/01/1{other[1:]}") == MAKER  # the indicator digit is nobody's
    assert registry.owner_of("https://id.gs1.org/00/369012340000000015") == THREEPL
    assert registry.owner_of("https://id.gs1.org/01/06141411234566/21/1") == ""
    assert registry.owner_of("urn:epc:id:sgtin:6901234.056789.7") == MAKER
    registry.apply(party(MAKER, "maker", prefixes=["6901234", "urn:medtrace:china20:8123456"]))
    assert registry.owner_of("urn:medtrace:china20:81234567890123456789") == MAKER
    assert registry.owner_of("urn:medtrace:china20:81234557890123456789") == ""


def test_entitlement_is_dated() -> None:
    registry = people()
    assert registry.entitled(HOSPITAL, HOSPITAL, 0)
    assert [registry.entitled(THREEPL, HOSPITAL, at) for at in (4999, 5000, 8999, 9000)] == [False, True, True, False]
    assert not registry.entitled(HOSPITAL, THREEPL, 6000)
    assert registry.entitled(REGULATOR, MAKER, 0)
    assert registry.is_regulator(REGULATOR)
    assert not registry.is_regulator(gln(77))
    assert (registry.slack(MAKER), registry.slack(HOSPITAL), registry.slack(gln(77))) == (60_000, SLACK, SLACK)


def test_commissioning_needs_the_owner_or_his_delegate() -> None:
    registry = people()
    unit = f"https://id.gs1.org/01/{GTIN}/21/1"
    assert registry.may_commission(THREEPL, unit, 0)
    assert not registry.may_commission(MAKER, unit, 0)
    assert registry.may_commission(HOSPITAL, "https://id.gs1.org/01/06141411234566/21/1", 0)
    registry.apply(Fact("delegation", "m", {"principal": THREEPL, "delegate": MAKER, "kind": "contract_maker"}, 0, OPERATOR))
    assert registry.may_commission(MAKER, unit, 0)


def test_a_recall_of_a_range_of_serials_means_those_between_its_ends_and_no_shorter_or_longer_ones() -> None:
    scope = Recall(gtin=GTIN, lot="L1", serials=("X",), first_serial="0098", last_serial="0102")
    found = [one for one in ("X", "0097", "0098", "0102", "0103", "99", "00100", "") if scope.covers("L1", one, 1)]
    assert found == ["X", "0098", "0102"]
    assert not scope.covers("L2", "0100", 1)
    assert scope.listed(9) == (["X", "0098", "0099", "0100", "0101", "0102"], True)
    assert scope.listed(3) == (["X", "0098", "0099"], False)
    assert Recall(gtin=GTIN, first_serial="0" * 20, last_serial="9" * 20).listed(1) == (["0" * 20], False)
    assert Recall(gtin=GTIN, first_serial="A1", last_serial="B7").listed(9) == ([], False)
    for ends in ({"first_serial": "9", "last_serial": "10"}, {"first_serial": "7", "last_serial": "3"}, {"last_serial": "3"}):
        fact = Fact("recall", "r", {"gtin": GTIN, **ends}, 0, OPERATOR)
        assert any(fault.startswith("last_serial") for fault in check_fact(people(), fact)), ends


def test_recalls_are_dated_and_liftable() -> None:
    registry = people()
    value = {"gtin": GTIN, "lot": "L1", "class": "II", "from": 100}
    registry.apply(Fact("recall", "r1", value, 0, OPERATOR))
    registry.apply(Fact("recall", "r2", {"gtin": GTIN, "serials": ["7"], "from": 50}, 0, OPERATOR))
    assert [one.id for one in registry.recalls(GTIN, "L1", "7", 100)] == ["r2", "r1"]
    assert [one.id for one in registry.recalls(GTIN, "L1", "7", 99)] == ["r2"]
    assert registry.recalls(GTIN, "L2", "8", 100) == []
    assert registry.recalls("06141411234566", "L1", "7", 100) == []
    registry.apply(Fact("recall", "r1", {**value, "lifted": 200}, 0, OPERATOR))
    assert [one.id for one in registry.recalls(GTIN, "L1", "8", 199)] == ["r1"]
    assert registry.recalls(GTIN, "L1", "8", 200) == []
    assert registry.all_recalls()[0].level == "II"
    assert registry.holds(GTIN, "L1", "7", 100) == []


def test_keys_can_be_rotated_and_revoked() -> None:
    registry = people()
    key, phone = generate_key().public, generate_key().public
    registry.apply(Fact("key", "k1", {"hash": "a" * 64, "party": MAKER, "roles": ["capture"]}, 0, OPERATOR))
    registry.apply(Fact("seal_key", key.key_id, {"public_key": key.point.hex(), "party": MAKER, "from": 10, "to": 90}, 0, MAKER))
    registry.apply(Fact("device", "phone", {"public_key": phone.to_pem().decode(), "party": MAKER}, 0, MAKER))
    found = registry.key_by_hash("a" * 64)
    assert found is not None
    assert (found.id, found.revoked) == ("k1", 0)
    registry.apply(Fact("key", "k1", {"hash": "b" * 64, "party": MAKER, "roles": ["capture"], "revoked": 5}, 0, OPERATOR))
    assert registry.key_by_hash("a" * 64) is None
    assert registry.seal_key(key.key_id, 9) is None
    usable = registry.seal_key(key.key_id, 10)
    assert usable is not None
    assert usable[1] == key
    assert registry.seal_key(key.key_id, 90) is None
    assert registry.device("phone", 0) == registry.device(phone.key_id, 0) != None  # noqa: E711 - both and not None
    registry.apply(Fact("device", "phone", {"public_key": phone.point.hex(), "party": MAKER, "revoked": 7}, 0, MAKER))
    assert registry.device("phone", 6) is not None
    assert registry.device("phone", 7) is None
    registry.apply(Fact("device_offset", "o", {"subject": "phone", "offset_ms": -1000, "from": 3}, 0, MAKER))
    assert [registry.clock_offset("phone", at) for at in (2, 3)] == [0, -1000]


def test_the_smaller_facts() -> None:
    registry = people()
    for fact in (
        Fact("product", GTIN, {"name": {"en": "Tablets"}, "units": 20}, 0, OPERATOR),
        Fact("upload_closed", "u", {"maker": THREEPL, "lot": "L1"}, 0, THREEPL),
        Fact("lane_norm", "n", {"from": MAKER, "to": HOSPITAL, "max_days": 3}, 0, OPERATOR),
        Fact("lane_norm", "m", {"from": MAKER, "max_days": 5}, 0, OPERATOR),
        Fact("scan_count", "unit", {"count": 4}, 0, OPERATOR),
        Fact("legacy", "l", {"party": HOSPITAL, "gtin": GTIN, "quantity": 50}, 0, HOSPITAL),
        Fact("order", "1", {"anything": 1}, 0, HOSPITAL),
    ):
        assert check_fact(registry, fact) == []
        registry.apply(fact)
    product = registry.product(GTIN)
    assert product is not None
    assert (product.names["en"], product.units) == ("Tablets", 20)
    assert registry.upload_closed(GTIN, "L1")
    assert not registry.upload_closed("06141411234566", "L1")
    assert [registry.lane_norm(MAKER, HOSPITAL), registry.lane_norm(MAKER, THREEPL), registry.lane_norm("x", "y")] == [3, 5, 14]
    assert (registry.scans("unit"), registry.scans("other")) == (4, 0)
    assert len(registry.legacy(HOSPITAL, GTIN, "any")) == 1
    assert registry.notes("order")["1"].value == {"anything": 1}


@pytest.mark.parametrize(
    ("fact", "fault"),
    [
        (Fact("nonsense", "x", {}, 0, OPERATOR), "no kind"),
        (party("6900000000001", "maker"), "check digit"),
        (party(gln(9), "king"), "role"),
        (party(gln(9), "maker", prefixes=["6901234"]), f"belongs to party {MAKER}"),
        (party(gln(9), "maker", prefixes=["69"]), "prefixes"),
        (party(gln(9), "maker", sites=[{"gln": DOCK}]), f"belongs to party {HOSPITAL}"),
        (party(gln(9), "maker", sites=[{"gln": MAKER}]), "belongs to party"),
        (Fact("party", gln(9), {"name": "x", "role": "maker"}, 0, gln(9)), "may not state"),
        (Fact("delegation", "d", {"principal": HOSPITAL, "delegate": gln(9)}, 0, HOSPITAL), "no party"),
        (Fact("delegation", "d", {"principal": HOSPITAL, "delegate": MAKER}, 0, MAKER), "may not state"),
        (Fact("delegation", "d", {"principal": HOSPITAL, "delegate": MAKER, "from": 9, "to": 9}, 0, HOSPITAL), "later than"),
        (Fact("key", "k", {"hash": "a" * 64, "party": MAKER, "roles": ["regulator"]}, 0, OPERATOR), "not a regulator"),
        (Fact("key", "k", {"party": MAKER, "roles": ["capture"]}, 0, OPERATOR), "hash"),
        (Fact("seal_key", "k", {"public_key": "zz", "party": MAKER}, 0, MAKER), "not an SM2 public key"),
        (Fact("device_offset", "o", {"subject": "nowhere", "offset_ms": 5}, 0, OPERATOR), "neither"),
        (Fact("recall", "r", {"gtin": GTIN, "lot": "L"}, 0, HOSPITAL), "may not state"),
        (Fact("recall", "r", {"gtin": GTIN[:-1] + "x", "lot": "L"}, 0, OPERATOR), "gtin"),
        (Fact("product", GTIN, {"name": {"fr": "x"}}, 0, OPERATOR), "zh or en"),
        (Fact("party", "", {}, 0, OPERATOR), "key"),
    ],
)
def test_bad_facts_are_refused_with_the_field(fact: Fact, fault: str) -> None:
    registry = people()
    before = registry.version
    assert any(fault in found for found in check_fact(registry, fact)), check_fact(registry, fact)
    registry.apply(fact)
    assert registry.version == before + 1


def test_a_value_survives_being_stated() -> None:
    for value in (
        Party(id=MAKER, stated=7, name="n", role="maker", prefixes=("6901234",), sites=(Site(gln=SITE, lat=1.5),)),
        Recall(id="r", stated=7, gtin=GTIN, level="III", since=4, serials=("1", "2")),
    ):
        kind = next(name for name, type_ in KINDS.items() if type_ is type(value))
        assert value_of(fact_of(kind, value, OPERATOR, 7)) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["class", "from", "gtin", "hash", "id", "name", "party", "prefixes", "public_key", "role", "serials", "sites", "to"]


@given(st.sampled_from([*KINDS, "other"]), st.text(max_size=14), st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_no_fact_can_stop_the_fold(kind: str, key: str, value: dict[str, Any]) -> None:
    registry = people()
    fact = Fact(kind, key, value, 0, "x")
    check_fact(registry, fact)
    before = registry.version
    registry.apply(fact)
    assert registry.version == before + 1
    assert registry.party_of(SITE) == MAKER
