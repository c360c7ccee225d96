"""From what is known of a product to a proposal, and what is still to come of an order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.procurement.orders import Order, to_come, transaction_uri
from services.procurement.proposals import Batch, Situation, propose
from services.procurement.settings import Setting, setting_of

DAY = 86_400_000
TODAY = 1_760_000_000_000 - 1_760_000_000_000 % DAY
USED = tuple(float(x) for x in [2, 0, 3, 1, 0, 2, 4] * 12)


def known(**changes: Any) -> Situation:
    base = Situation(
        party="6901234000009",
        gtin="06901234567892",
        day=TODAY,
        given=USED,
        in_stock=(True,) * len(USED),
        stock=(Batch(400, 5.0),),
        incoming=(),
        ordered=0.0,
    )
    return base._replace(**changes)


SETTING = Setting(lead_days=(3, 3, 5), pack=10, least=20)


def test_an_order_fills_up_to_the_level_in_whole_outer_packs() -> None:
    made = propose(known(), SETTING)
    assert made.outcome == "order"
    assert made.position == 5 <= made.reorder_level
    assert made.quantity % 10 == 0
    assert made.quantity >= 20
    assert 0 <= made.position + made.quantity - made.order_up_to < 10
    assert made.expected >= 0.98
    assert made.over == ()


@pytest.mark.parametrize("change", [{"stock": (Batch(400, 60.0),)}, {"incoming": (Batch(400, 60.0),)}, {"ordered": 60.0}])
def test_what_is_there_coming_or_ordered_is_not_ordered_again(change: dict[str, Any]) -> None:
    made = propose(known(**change), SETTING)
    assert (made.outcome, made.quantity) == ("enough", 0)
    assert made.position >= 60


def test_stock_that_expires_is_no_stock() -> None:
    made = propose(known(stock=(Batch(2, 60.0), Batch(400, 1.0))), SETTING)
    assert made.outcome == "order"
    assert made.expiring > 50
    assert made.position < 10


@pytest.mark.parametrize("given", [USED[:20], (0.0,) * 100, (3.0, *(0.0,) * 80)])
def test_too_little_data_proposes_nothing(given: tuple[float, ...]) -> None:
    made = propose(known(given=given, in_stock=(True,) * len(given)), SETTING)
    assert (made.outcome, made.quantity, made.reorder_level) == ("too_little_data", 0, 0)


def test_days_without_stock_raise_the_estimate() -> None:
    empty = (*USED, *(0.0,) * 60)
    there = propose(known(given=empty, in_stock=(True,) * len(empty)), SETTING)
    gone = propose(known(given=empty, in_stock=(*(True,) * len(USED), *(False,) * 60)), SETTING)
    assert gone.stockout_days == 60
    assert gone.reorder_level > 2 * there.reorder_level


def test_short_life_and_budget_ask_for_a_second_look() -> None:
    short = propose(known(stock=(Batch(9, 1.0),)), msgspec.structs.replace(SETTING, pack=100))
    assert short.cap < short.reorder_level + short.lot
    assert short.order_up_to == short.cap
    assert short.over == ("expiry",)
    dear = propose(known(), msgspec.structs.replace(SETTING, price=50.0, budget=100.0))
    assert dear.over == ("budget",)
    assert dear.value == dear.quantity * 50
    assert propose(known(), msgspec.structs.replace(SETTING, budget=100.0)).over == ("price",)


def test_the_id_stands_for_the_numbers_and_the_day() -> None:
    first = propose(known(), SETTING)
    assert propose(known(), SETTING).id == first.id
    others = [
        propose(known(day=TODAY + DAY), SETTING),
        propose(known(ordered=1.0), SETTING),
        propose(known(), msgspec.structs.replace(SETTING, service=0.9)),
    ]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_more_service_never_means_less_stock() -> None:
    for measure in ("fill", "cycle"):
        levels = [
            propose(known(), msgspec.structs.replace(SETTING, service=service, measure=measure)).reorder_level
            for service in (0.8, 0.9, 0.95, 0.99, 0.999)
        ]
        assert levels == sorted(levels)
        assert levels[0] < levels[-1]


def order(**changes: Any) -> Order:
    made = Order(id="a", transaction="", party="p", gtin="g", quantity=20, day=TODAY, stock=8.0, given=1.0, earlier=0.0)
    return msgspec.structs.replace(made, **changes)


def test_an_order_is_open_until_the_stock_shows_that_it_was_supplied() -> None:
    assert to_come(order(), 8.0, [(TODAY - DAY, 9.0), (TODAY, 1.0)]) == 20
    assert to_come(order(), 3.0, [(TODAY, 6.0)]) == 20  # given out, not supplied
    assert to_come(order(), 15.0, [(TODAY, 6.0)]) == 8  # 12 came
    assert to_come(order(), 20.0, [(TODAY, 6.0), (TODAY + DAY, 5.0)]) == 0
    assert to_come(order(earlier=10.0), 15.0, [(TODAY, 6.0)]) == 18  # the first ten belong to an earlier order
    assert to_come(order(state="cancelled"), 8.0, []) == 0


def test_a_setting_of_the_product_stands_above_the_partys() -> None:
    facts = {"p/*": {"service": 0.9}, "p/g": {"service": 0.99, "leadDays": [2, 4]}, "p/old": {"service": 7}}
    assert setting_of(facts, "p", "g").lead() == {2: 0.5, 4: 0.5}
    assert setting_of(facts, "p", "other").service == 0.9
    assert setting_of(facts, "p", "old").service == 0.9
    assert setting_of(facts, "q", "g") == Setting()
    assert transaction_uri("6901234000009", "ab12") == "urn:epcglobal:cbv:bt:6901234000009:ab12"
