"""The demonstration's world: the same for the same seed, valid to the last document, and telling every story it promises."""

from __future__ import annotations

import pytest

from ops.demo.cast import COMPANIES, ITEMS, gtin_of
from ops.demo.stories import TEXTS
from ops.demo.world import World, make_world
from pedigree.events import EventView, read_event
from pedigree.factcheck import check_fact
from pedigree.facts import OPERATOR
from pedigree.identifiers import faults, has_valid_check_digit
from pedigree.messages import Fact
from pedigree.registry import Registry
from pedigree.wire import parse
from services.epcis import validate

NOW = 1_764_000_000_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, 1_000, NOW)


@pytest.fixture(scope="module")
def views(world: World) -> list[tuple[str, int, EventView]]:
    """(sender, arrival, event) of all that is sent."""
    return [
        (letter.who, letter.arrival, read_event(event))
        for letter in world.letters
        for event in parse(letter.body, letter.content_type).events
    ]


def test_same_seed_gives_the_same_bytes_and_another_seed_others(world: World) -> None:
    again, other = make_world(7, 1_000, NOW), make_world(8, 1_000, NOW)
    assert again == world
    assert other.letters != world.letters


def test_every_document_is_valid_and_arrives_in_order_after_what_it_reports(
    world: World, views: list[tuple[str, int, EventView]]
) -> None:
    for letter in world.letters:
        assert validate(parse(letter.body, letter.content_type)) == []
    arrivals = [letter.arrival for letter in world.letters]
    assert arrivals == sorted(arrivals)
    assert min(view.time for _, _, view in views) > NOW - 61 * DAY
    assert all(view.time <= arrival <= NOW for _, arrival, view in views)


def test_one_maker_writes_xml_and_the_others_json(world: World) -> None:
    kinds = {(letter.who, letter.content_type) for letter in world.letters}
    assert {kind for who, kind in kinds if who == "m2"} == {"application/xml"}
    assert {kind for who, kind in kinds if who != "m2"} == {"application/ld+json"}


def test_facts_can_be_stated_in_their_order(world: World) -> None:
    registry = Registry()
    for kind, key, value in world.facts:
        fact = Fact(kind, key, value, NOW, OPERATOR)
        assert check_fact(registry, fact) == []
        registry.apply(fact)
    assert {party.role for party in registry.parties()} == {"maker", "distributor", "hospital", "pharmacy", "regulator"}


@pytest.mark.parametrize("seed", range(8))
def test_each_story_is_told_of_a_unit_of_its_own(seed: int) -> None:
    stories = make_world(seed, 1_000, NOW).manifest["stories"]
    assert [story["id"] for story in stories] == list(TEXTS)
    units = [story["unit"] for story in stories]
    assert len(set(units)) == len(units)
    for unit in units:
        assert faults(unit) == ()


def test_numbers_are_of_the_range_for_demonstrations() -> None:
    for company in COMPANIES:
        assert has_valid_check_digit(company.gln)
        assert has_valid_check_digit(company.place)
        assert company.gln.startswith("952")
    for item in ITEMS:
        assert has_valid_check_digit(gtin_of(item))


def test_the_clone_is_sold_in_two_cities_and_the_made_up_serial_is_never_issued(
    world: World, views: list[tuple[str, int, EventView]]
) -> None:
    stories = {story["id"]: story for story in world.manifest["stories"]}
    clone, steps = stories["clone"]["unit"], ("dispensing", "retail_selling")
    sales = [who for who, _, view in views if view.biz_step in steps and clone in view.epcs]
    cities = {company.key: company.city for company in COMPANIES}
    assert len({cities[who] for who in sales}) == 2
    issued = {epc for _, _, view in views if view.biz_step == "commissioning" for epc in view.epcs}
    assert stories["unknown"]["unit"] not in issued
    assert stories["misread"]["unit"] not in issued
    assert {story["unit"] for story in world.manifest["stories"] if "/21/" in story["unit"]} - issued == {
        stories[name]["unit"] for name in ("unknown", "unknown_code", "misread")
    }


def test_late_uploads_are_days_late_and_nothing_else_is(world: World, views: list[tuple[str, int, EventView]]) -> None:
    late = [(who, view) for who, arrival, view in views if arrival - view.time > DAY and view.declaration is None]
    assert late
    assert {who for who, _ in late} == {"p1"}
    unit = next(story["unit"] for story in world.manifest["stories"] if story["id"] == "late_upload")
    assert any(unit in view.epcs for _, view in late)
