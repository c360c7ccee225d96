"""Element strings: biip parses, this closes its gaps (check digits, duplicates, fields merged by a lost separator)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pedigree.errors import IdentifierError
from pedigree.identifiers.charset import is_digits
from pedigree.identifiers.checkdigit import check_digit
from pedigree.identifiers.grammar import KEYS, TITLES
from pedigree.identifiers.scantext import GS
from pedigree.identifiers.separators import Pairs, without_merges

_HRI = re.compile(r"\(([0-9]{2,4})\)")
# AIs whose value starts with digits that end in a check digit, besides the keys of a Digital Link.
_CHECKED = {ai: rule.checked for ai, rule in KEYS.items() if rule.checked} | {"02": 14, "03": 14}
_CHECKED |= {f"41{n}": 13 for n in range(8)}


class Reading(NamedTuple):
    """An element string as read."""

    pairs: Pairs
    lost_separator: bool
    """A field may have swallowed the next ones for want of a separator."""
    others: tuple[Pairs, ...]
    """The readings with the separator put back, never taken by themselves."""


def parse_element_string(text: str) -> Reading:
    """The fields of an element string with GS between them.

    Where a field is as long as it may be and yet neither GS nor the end follows, what is behind it can't be trusted: when the
    separator fits in somewhere, that whole stretch is left out of `pairs`.

    Raises IdentifierError: `unreadable`, `check_digit`, `duplicate_ai`.
    """
    # Imported on use: biip takes a quarter of a second to load, and the ledger's peers never scan.
    from biip import ParseConfig, ParseError
    from biip.gs1_element_strings import GS1ElementString

    config = ParseConfig(gs1_element_strings_verify_date=False)
    pairs: Pairs = []
    before: Pairs | None = None  # the fields up to the first one that ran on, that one stretched to the next GS
    rest, broken = text, ""
    while rest:
        try:
            element = GS1ElementString.extract(rest, config=config)
        except ParseError as error:
            broken = str(error)[:160]
            break
        pairs.append((element.ai.ai, element.value))
        behind = rest[len(element) :]
        if before is None and element.ai.separator_required and behind and behind[0] != GS:
            before = [*pairs[:-1], (element.ai.ai, rest.partition(GS)[0][len(element.ai) :])]
        rest = behind.lstrip(GS)
    if before is not None and (others := tuple(without_merges(before, GS in text))):
        check(before[:-1])
        return Reading(before[:-1], True, others)
    if broken:
        raise IdentifierError(f"no GS1 element string: {broken}", field="text")
    check(pairs)
    others = tuple(without_merges(pairs, GS in text))
    return Reading(pairs, before is not None or bool(others), others)


def parse_hri(text: str) -> Pairs:
    """The fields of `(01)...(21)...`; spaces around fields don't count. Raises as `parse_element_string`."""
    parts = _HRI.split(text)
    if parts[0].strip():
        raise IdentifierError("text before the first application identifier", field="text")
    pairs = [(ai, value.strip(f" {GS}")) for ai, value in zip(parts[1::2], parts[2::2], strict=True)]
    pairs = [(ai, value.replace(" ", "") if ai in _CHECKED else value) for ai, value in pairs]
    return parse_pairs(pairs)


def parse_pairs(pairs: Iterable[tuple[str, str]], *, lenient: bool = False) -> Pairs:
    """Check fields that come one by one: each must be exactly its AI's value. Raises as `parse_element_string`.

    `lenient`: what is no AI at all is passed over (a Digital Link's query may hold anything).
    """
    from biip import ParseConfig, ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier
    from biip.gs1_element_strings import GS1ElementString

    found: Pairs = []
    for ai, value in pairs:
        try:
            # biip takes the AI off the joined text, where "1" and "7..." would be one as well.
            known = GS1ApplicationIdentifier.extract(ai).ai == ai
        except ParseError:
            known = False
        if not known and lenient:
            continue
        if not known:
            raise IdentifierError(f"({ai}) is no application identifier", field=ai)
        try:
            element = GS1ElementString.parse(ai + value, config=ParseConfig(gs1_element_strings_verify_date=False))
        except ParseError as error:
            raise IdentifierError(f"({ai}): {str(error)[:160]}", field=TITLES.get(ai, ai)) from error
        found.append((ai, element.value))
    check(found)
    return found


def check(pairs: Pairs) -> None:
    """Refuse duplicate AIs and wrong check digits."""
    seen: set[str] = set()
    for ai, value in pairs:
        if ai in seen:
            raise IdentifierError(f"({ai}) occurs twice", field=TITLES.get(ai, ai), code="duplicate_ai")
        seen.add(ai)
        n = _CHECKED.get(ai, 0)
        if n and value[n - 1] != check_digit(value[: n - 1]):
            message = f"wrong check digit in ({ai}) {value[:n]}: expected {check_digit(value[: n - 1])}"
            raise IdentifierError(message, field=TITLES.get(ai, ai), code="check_digit")


def looks_like_gtin_first(text: str) -> bool:
    """Whether digits start as AI 01 with a GTIN whose check digit is right."""
    return text.startswith("01") and is_digits(text[2:16]) and text[15] == check_digit(text[2:15])
