"""A pallet that changes hands is one observation, one leaf and one stay, and every pack's path shows it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.bench.line import DEALER, GTIN, MAKER
from pedigree.facts import OPERATOR
from pedigree.identifiers import check_digit
from pedigree.messages import Fact, decode_envelope
from pedigree.ports import OBSERVATIONS
from pedigree.times import format_time
from tests.acceptance.line import Line

NOW = 1_790_000_000_000
HOUR = 3_600_000


def sscc(n: int) -> str:
    body = f"0690123400{n:07d}"
    return f"https://id.gs1.org/00/{body}{check_digit(body)}"


def event(kind: str, step: str, time: int, actor: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventTime": format_time(time),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        "readPoint": {"id": f"https://id.gs1.org/414/{actor}"},
        **more,
    }


def document(events: Iterable[dict[str, Any]]) -> bytes:
    return msgspec.json.encode(
        {
            "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": format_time(NOW),
            "epcisBody": {"eventList": list(events)},
        }
    )


@pytest.mark.parametrize("packs", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_pallet_s_hop_is_one_row_and_every_pack_shows_it(packs: int, tmp_path: Path) -> None:
    line = Line(tmp_path, NOW)
    for party, role, prefix in ((MAKER, "maker", "690123400"), (DEALER, "distributor", "690987600")):
        value = {"name": role, "role": role, "prefixes": [prefix], "sites": [{"gln": party}]}
        line.services.registry.state(Fact("party", party, value, NOW, OPERATOR))
    units = [f"https://id.gs1.org/01/{GTIN}/21/P{n:06d}" for n in range(packs)]
    pallet = sscc(1)
    made = event("ObjectEvent", "commissioning", NOW - 30 * HOUR, MAKER, action="ADD", epcList=units)
    packed = event("AggregationEvent", "packing", NOW - 29 * HOUR, MAKER, action="ADD", parentID=pallet, childEPCs=units)
    line.send(document([made, packed]), "application/ld+json", MAKER, NOW - 28 * HOUR)
    line.settle()
    leaves, observations = line.ledger.counts().leaves, _observations(line)
    destination = {"type": "possessing_party", "destination": f"https://id.gs1.org/417/{DEALER}"}
    shipped = event(
        "ObjectEvent", "shipping", NOW - 20 * HOUR, MAKER, action="OBSERVE", epcList=[pallet], destinationList=[destination]
    )
    received = event("ObjectEvent", "receiving", NOW - 2 * HOUR, DEALER, action="OBSERVE", epcList=[pallet])
    line.send(document([shipped]), "application/ld+json", MAKER, NOW - HOUR)
    line.send(document([received]), "application/ld+json", DEALER, NOW - HOUR)
    stays = len(list(line.graph.rows("stay")))
    line.settle()
    assert line.ledger.counts().leaves == leaves + 2
    assert _observations(line) == observations + 2
    assert len(list(line.graph.rows("stay"))) == stays + 2
    for unit in (units[0], units[packs // 2], units[-1]):
        passport = line.graph.passport(unit)
        assert passport is not None
        assert passport.custody.party == DEALER
        assert [step.party for step in passport.path if step.via == pallet][-1] == DEALER
        assert passport.unit.shown.verdict == "confirmed"
    assert line.ledger.counts().disputed == 0


def _observations(line: Line) -> int:
    """Observations that ever travelled (ticks are none)."""
    found = 0
    for partition in range(line.log.partitions(OBSERVATIONS)):
        start = 0
        while records := line.log.read(OBSERVATIONS, partition, start, 1000):
            found += sum(len(decode_envelope(record.value).observations) for record in records)
            start = records[-1].offset + 1
    return found
