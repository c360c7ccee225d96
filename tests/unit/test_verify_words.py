"""Both languages say everything, in words that accuse nobody."""

from __future__ import annotations

import re

import pytest

from pedigree.findings import MEDIUM, RANKS, SEVERITY
from services.verify import words
from services.verify.outcome import Code
from services.verify.texts import REASONS, TEXTS
from services.verify.words import WORDS, place_name, somebody, stop_text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAIRS = {
    **{f"{code}.{part}": getattr(text, part) for code, text in TEXTS.items() for part in text._fields},
    **{f"reason.{name}": both for name, both in REASONS.items()},
    **{f"word.{name}": both for name, both in words._WORDS.items()},
    **{f"kind.{name}": both for name, both in words.KINDS.items()},
    **{f"stop.{name}": both for name, both in words.STOPS.items()},
    **{f"status.{name}": both for name, both in words.STATUS.items()},
}


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages(name: str) -> None:
    zh, en = PAIRS[name]
    if name != "word.other_language":  # each names the other one
        assert CHINESE.search(zh)
        assert not CHINESE.search(en)
    assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en))


def test_every_outcome_and_every_serious_finding_has_words() -> None:
    assert set(TEXTS) == set(Code)
    assert {code for code, severity in SEVERITY.items() if RANKS[severity] >= RANKS[MEDIUM]} <= set(REASONS)
    assert WORDS["zh"].keys() == WORDS["en"].keys()


@pytest.mark.parametrize("name", [name for name in PAIRS if name not in ("UNKNOWN.sentence", "word.home_2")])
def test_nobody_is_told_that_it_is_a_fake(name: str) -> None:
    zh, en = PAIRS[name]
    assert not re.search("假|伪", zh)
    assert not re.search("fake|counterfeit|falsif", en, re.IGNORECASE)


def test_an_unknown_code_is_no_proof_of_a_fake() -> None:
    zh, en = TEXTS[Code.UNKNOWN].sentence
    assert "no proof of a fake" in en
    assert "并不能证明它是假的" in zh
    assert "two days" in TEXTS[Code.NOT_SOLD].action[1]
    assert "两天" in TEXTS[Code.NOT_SOLD].action[0]


@pytest.mark.parametrize(
    ("city", "zh", "en"),
    [("广州 Guangzhou", "广州", "Guangzhou"), ("广州市", "广州市", "广州市"), ("Xi'an", "Xi'an", "Xi'an"), ("", "", "")],
)
def test_cities_in_the_readers_language(city: str, zh: str, en: str) -> None:
    assert (place_name(city, "zh"), place_name(city, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("role", "city", "name", "zh", "en"),
    [
        ("distributor", "上海", "", "到达上海的批发企业", "Arrived at a wholesaler in 上海"),
        ("pharmacy", "", "", "到达药店", "Arrived at a pharmacy"),
        ("maker", "杭州", "青岚制药", "到达青岚制药（杭州）", "Arrived at 青岚制药, 杭州"),
        ("", "", "", "到达未登记的企业", "Arrived at a company that is not registered"),
    ],
)
def test_companies_as_the_public_sees_them(role: str, city: str, name: str, zh: str, en: str) -> None:
    assert stop_text("with", somebody(role, city, name, "zh"), "zh") == zh
    assert stop_text("with", somebody(role, city, name, "en"), "en") == en
