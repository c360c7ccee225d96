"""Where a lot is: holders, figures of a recall, the list for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from graph.model import Cursor, HolderCount
from graph.port import GraphReader
from pedigree.custody.steps import ENDED, Status
from pedigree.facts import Scope
from pedigree.identifiers import describe
from pedigree.registry import Registry
from services.console.names import Names, say
from services.console.words import STATUS

NOTICE_DAYS = {"I": 1, "II": 3, "III": 7}
"""Within how many days a recall of the class must be announced (China, Measures for the Administration of Drug Recall, 2022)."""
_MOST_LOTS, _MOST_SERIALS = 200, 200
_CSV_PAGE = 1000
_COLUMNS = ("epc", "gtin", "lot", "serial", "status", "party", "party_name", "place", "place_name", "container", "verdict")


class Figures(msgspec.Struct, frozen=True):
    """A recall in numbers. Units; sold + opened + ended + back + out = produced."""

    produced: int
    sold: int
    opened: int
    """Dispensed in part: the rest can be recalled."""
    ended: int
    """Destroyed, decommissioned, used up."""
    back: int
    """In stock at the maker."""
    out: int
    """In stock or in transit anywhere else: still to be recalled (and what was opened)."""
    whole: bool = True
    """False: more lots or serials than were counted."""

    @property
    def done(self) -> float:
        """Share of what can be recalled that is back or ended, 0..1."""
        all_ = self.to_recall + self.back + self.ended
        return 1 - self.to_recall / all_ if all_ else 1.0

    @property
    def to_recall(self) -> int:
        return self.out + self.opened


def figures(counts: list[tuple[str, int, int]], maker: str, *, whole: bool = True) -> Figures:
    """From (party, status, units)."""
    by = Counter[str]()
    for party, status, units in counts:
        if status == Status.DISPENSED:
            by["sold"] += units
        elif status == Status.PART_DISPENSED:
            by["opened"] += units
        elif status in ENDED:
            by["ended"] += units
        elif status == Status.ACTIVE and maker and party == maker:
            by["back"] += units
        else:
            by["out"] += units
    return Figures(by.total(), by["sold"], by["opened"], by["ended"], by["back"], by["out"], whole)


def figures_of(graph: GraphReader, registry: Registry, scope: Scope) -> Figures:
    """Of a recall or hold: one lot, some serials, or all lots of the product."""
    maker = registry.owner_of(f"https://id.gs1.org/01/{scope.gtin}")
    if scope.serials or scope.first_serial:
        counts = []
        serials, whole = scope.listed(_MOST_SERIALS)
        for serial in serials:
            passport = graph.passport(f"https://id.gs1.org/01/{scope.gtin}/21/{serial}")
            if passport is not None and scope.lot in ("", passport.unit.lot):
                counts.append((passport.custody.party, passport.custody.status, 1))
        return figures(counts, maker, whole=whole)
    lots, whole = [scope.lot], True
    if not scope.lot:
        hits = [hit for hit in graph.search(scope.gtin, _MOST_LOTS) if not hit.epc and hit.gtin == scope.gtin]
        lots, whole = list(dict.fromkeys([*(hit.lot for hit in hits), ""])), len(hits) < _MOST_LOTS
    rows = [row for lot in lots for row in graph.recall(scope.gtin, lot, limit=1).holders]
    return figures([(row.party, row.status, row.units) for row in rows], maker, whole=whole)


def holders(names: Names, rows: list[HolderCount], total: int) -> list[dict[str, Any]]:
    """One row a holder and place, most units first, with its counts by status and share of the lot."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        one = made.setdefault(
            (row.party, row.location),
            {"party": names.party(row.party), "place": names.place(row.location), "units": 0, "inContainers": 0, "status": {}},
        )
        one["units"] += row.units
        one["inContainers"] += row.in_containers
        one["status"][row.status] = one["status"].get(row.status, 0) + row.units
    for one in made.values():
        one["share"] = one["units"] / total if total else 0.0
    return sorted(made.values(), key=lambda one: (-one["units"], one["party"].id, one["place"].id))


def csv_of(graph: GraphReader, names: Names, gtin: str, lot: str) -> Iterator[str]:
    """All units of a lot, piece by piece: a lot of a million packs never stands in memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    cursor: Cursor | None = None
    while True:
        page = graph.recall(gtin, lot, cursor, _CSV_PAGE).units
        for unit in page.items:
            held = unit.custody
            place = names.place(held.location)
            writer.writerow(
                safe_cell(cell)
                for cell in (
                    unit.epc, gtin, lot, describe(unit.epc).serial, say(STATUS, held.status, names.lang), held.party,
                    names.party(held.party).name, place.id, place.name, held.via, unit.verdict,
                )
            )  # fmt: skip
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        cursor = page.next
        if cursor is None:
            return


def safe_cell(text: str) -> str:
    """Spreadsheets run what begins with these as a formula; serials and names come from outside."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
