"""Who acted, for whom, entitled or not: what capture stamps on events."""

from __future__ import annotations

from typing import Any

import pytest

from pedigree.custody.steps import Flag
from pedigree.events import read_event
from pedigree.messages import StampedEvent
from pedigree.seal import Bracket
from pedigree.stamping import slim, stamp
from tests.unit.test_registry import DOCK, GTIN, HOSPITAL, MAKER, REGULATOR, SITE, THREEPL, gln, people

UNIT = f"https://id.gs1.org/01/{GTIN}/21/1"
OTHERS = "https://id.gs1.org/01/06901234500009/21/1"
STRANGER = gln(99)


def pgln(party: str) -> str:
    return f"https://id.gs1.org/417/{party}"


def place(site: str) -> dict[str, str]:
    return {"id": f"https://id.gs1.org/414/{site}"}


def stamped(attester: str, step: str, at: int = 6000, bracket: Bracket | None = None, **fields: Any) -> StampedEvent:
    sources, destinations = fields.pop("sources", {}), fields.pop("destinations", {})
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        "epcList": [UNIT],
        "sourceList": [{"type": kind, "source": uri} for kind, uri in sources.items()],
        "destinationList": [{"type": kind, "destination": uri} for kind, uri in destinations.items()],
        **fields,
    }
    view, registry = read_event(event), people()
    made = stamp(view, b"{}", bytes(32), registry, attester, at, bracket, "device")
    assert stamp(slim(view), b"{}", bytes(32), registry, attester, at, bracket, "device") == made
    return made


def test_the_sender_is_the_sources_possessor_then_the_read_points_owner() -> None:
    ends: dict[str, Any] = {
        "readPoint": place(SITE),
        "bizLocation": place(DOCK),
        "sources": {"possessing_party": pgln(THREEPL), "owning_party": pgln(STRANGER)},
        "destinations": {"owning_party": pgln(STRANGER), "location": f"https://id.gs1.org/414/{DOCK}"},
    }
    found = stamped(MAKER, "shipping", **ends)
    assert (found.actor, found.other, found.owner, found.entitled) == (THREEPL, HOSPITAL, STRANGER, False)
    ends["destinations"]["possessing_party"] = pgln(STRANGER)
    assert stamped(MAKER, "departing", **ends).other == STRANGER
    assert stamped(MAKER, "departing", **ends).owner == ""
    del ends["sources"]["possessing_party"]
    assert stamped(MAKER, "void_shipping", **ends).actor == MAKER
    del ends["readPoint"]
    assert stamped(MAKER, "consigning", **ends).actor == HOSPITAL
    del ends["bizLocation"]
    assert stamped(MAKER, "staging_outbound", **ends).actor == STRANGER
    assert stamped(MAKER, "shipping").actor == MAKER


def test_an_owner_is_never_an_addressee() -> None:
    assert stamped(MAKER, "shipping", destinations={"owning_party": pgln(HOSPITAL)}).other == ""


def test_the_receiver_is_who_owns_the_place() -> None:
    ends: dict[str, Any] = {
        "readPoint": place(SITE),
        "bizLocation": place(DOCK),
        "sources": {"possessing_party": pgln(THREEPL)},
        "destinations": {"possessing_party": pgln(STRANGER), "owning_party": pgln(STRANGER)},
    }
    found = stamped(HOSPITAL, "receiving", **ends)
    assert (found.actor, found.other, found.owner, found.entitled) == (HOSPITAL, THREEPL, STRANGER, True)
    del ends["bizLocation"]
    assert stamped(HOSPITAL, "receiving", **ends).actor == MAKER
    del ends["readPoint"]
    assert stamped(HOSPITAL, "accepting", **ends).actor == STRANGER
    assert stamped(HOSPITAL, "dispensing", **ends).actor == THREEPL
    assert stamped(HOSPITAL, "dispensing", **ends).other == ""
    assert stamped(HOSPITAL, "dispensing").actor == HOSPITAL


def test_places_that_are_no_gln_name_nobody() -> None:
    assert stamped(HOSPITAL, "dispensing", bizLocation={"id": "geo:31.2,121.5"}).actor == HOSPITAL


def test_a_delegate_speaks_for_its_principal_while_it_is_one() -> None:
    for at, entitled in ((4999, False), (5000, True), (9000, False)):
        assert stamped(THREEPL, "receiving", at=at, bizLocation=place(DOCK)).entitled is entitled
    assert stamped(REGULATOR, "receiving", bizLocation=place(DOCK)).flags & Flag.REGULATOR


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({"epcList": [UNIT]}, True),
        ({"epcList": [UNIT, OTHERS]}, False),
        ({"epcList": [], "quantityList": [{"epcClass": "https://id.gs1.org/01/06901234500009/10/L"}]}, False),
        ({"epcList": ["https://id.gs1.org/01/06141411234566/21/1", UNIT]}, True),
    ],
)
def test_every_unit_commissioned_must_be_ones_own(fields: dict[str, Any], may: bool) -> None:
    assert bool(stamped(THREEPL, "commissioning", action="ADD", **fields).flags & Flag.MAY_COMMISSION) is may


def test_transformation_outputs_are_commissioned_too() -> None:
    fields = {"type": "TransformationEvent", "inputEPCList": [OTHERS], "outputEPCList": [UNIT]}
    assert stamped(THREEPL, "repackaging", **fields).flags & Flag.MAY_COMMISSION
    fields |= {"inputEPCList": [UNIT], "outputEPCList": [OTHERS]}
    assert not stamped(THREEPL, "repackaging", **fields).flags & Flag.MAY_COMMISSION


def test_a_hold_that_the_regulator_states_at_a_holders_place_is_the_regulators() -> None:
    made = stamped(REGULATOR, "holding", bizLocation=place(DOCK))
    assert (made.actor, bool(made.flags & Flag.REGULATOR)) == (REGULATOR, True)
    assert stamped(HOSPITAL, "holding", bizLocation=place(DOCK)).actor == HOSPITAL


def test_only_who_gives_to_patients_receives_by_decommissioning() -> None:
    assert stamped(HOSPITAL, "decommissioning", bizLocation=place(DOCK)).flags & Flag.AT_RECEIPT
    assert not stamped(MAKER, "decommissioning", bizLocation=place(SITE)).flags & Flag.AT_RECEIPT


def test_flags_slack_and_bracket() -> None:
    flags = stamped(MAKER, "receiving", disposition="returned", bizLocation=place(SITE)).flags
    assert flags & Flag.RETURNED
    assert not flags & Flag.SELLABLE
    assert stamped(MAKER, "inspecting", disposition="sellable_accessible").flags & Flag.SELLABLE
    unpack: dict[str, Any] = {"type": "AggregationEvent", "action": "DELETE", "parentID": "https://id.gs1.org/00/1"}
    assert stamped(MAKER, "unpacking", **unpack).flags & Flag.ALL_CHILDREN
    found = stamped(MAKER, "packing", bracket=Bracket("hash", 5, None, "proven"))
    assert (found.slack, found.earliest, found.latest, found.device) == (60_000, 5, 0, "device")


def test_a_slim_view_is_small() -> None:
    many = [f"https://id.gs1.org/01/{GTIN}/21/{n}" for n in range(1000)]
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "ADD",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "commissioning",
        "epcList": [*many, OTHERS],
    }
    assert slim(read_event(event)).epcs == (many[0], OTHERS)
