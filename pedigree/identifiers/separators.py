"""Fields that ran into each other because a group separator got lost between scanner and us.

A wedge that drops FNC1 turns lot `ABC123` and serial `12345` into the lot `ABC1232112345`, which is well-formed. Nothing here
decides; it lists the readings that fit, so that somebody can be asked or each be looked up.
"""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.identifiers.dates import is_yymmdd
from pedigree.identifiers.grammar import QUALIFIERS

Pairs = list[tuple[str, str]]
"""(AI, value) in the order read."""

# What a pack carries. Looking for more would see separators everywhere: two digits of a serial are an AI more often than not.
_PACK = ("21", "10", "17", "11", "240")


def without_merges(pairs: Pairs, has_separators: bool) -> Iterator[Pairs]:
    """Other readings of a text whose lot or serial may have swallowed the next fields.

    Only fields that the reading lacks are looked for. Where other separators arrived (`has_separators`), only a missing serial
    is reason enough for doubt.
    """
    present = {ai for ai, _ in pairs}
    for at, (ai, value) in enumerate(pairs):
        if ai not in ("10", "21") or (has_separators and "21" in present and len(value) <= 20):
            continue
        for cut in range(1, min(len(value) - 2, 21)):
            for rest in _split(value[cut:], present):
                yield [*pairs[:at], (ai, value[:cut]), *rest, *pairs[at + 1 :]]


def _split(text: str, present: set[str]) -> Iterator[Pairs]:
    """Every way to read the whole `text` as pack fields that are not in `present`."""
    for ai in _PACK:
        if ai in present or not text.startswith(ai):
            continue
        body = text[len(ai) :]
        if ai not in ("17", "11"):
            if QUALIFIERS["21"].fullmatch(body):
                yield [(ai, body)]
        elif is_yymmdd(body[:6]):
            if len(body) == 6:
                yield [(ai, body)]
            for rest in _split(body[6:], present | {ai}):
                yield [(ai, body[:6]), *rest]
