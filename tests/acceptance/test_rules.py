"""A new version of the rules: what it would change is known beforehand; what stands keeps its own, what comes gets the new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger.witness import keyring_for
from ops.check import Secrets, check_data
from ops.check.rules import effect_on
from ops.layout import Layout
from pedigree.errors import DocumentError, UnknownRulesError
from pedigree.facts import OPERATOR
from pedigree.identifiers import check_digit
from pedigree.messages import Fact, decode_document, encode
from pedigree.ports import DOCUMENTS
from pedigree.rules import RULES
from pedigree.times import format_time
from tests.acceptance.line import CONSORTIUM, GATEWAY, ORIGIN, Line
from tests.web.capture_world import document

NOW = 1_790_000_000_000
SECRETS = Secrets(CONSORTIUM, keyring_for(ORIGIN, "operator", GATEWAY.public))


HOUR, DAY = 3_600_000, 86_400_000
MAKER, DEALER, SHOP, OTHER = (f"69000000000{n}{check_digit(f'69000000000{n}')}" for n in (1, 2, 3, 4))
ROLES = {MAKER: "maker", DEALER: "distributor", SHOP: "pharmacy", OTHER: "pharmacy"}
PACKS = [f"https://id.gs1.org/01/06900000000014/21/{n}" for n in range(6)]
START = NOW - 60 * DAY


def told(step: str, packs: list[str], at: int, actor: str, to: str = "", lag: int = HOUR) -> tuple[int, str, bytes]:
    """(record time, who sends it, document)."""
    event: dict[str, Any] = {
        "type": "ObjectEvent", "action": "ADD" if step == "commissioning" else "OBSERVE", "bizStep": step, "epcList": packs,
        "eventTime": format_time(at), "eventTimeZoneOffset": "+08:00", "readPoint": {"id": f"https://id.gs1.org/414/{actor}"},
    }  # fmt: skip
    if to:
        event["destinationList"] = [{"type": "possessing_party", "destination": f"https://id.gs1.org/417/{to}"}]
    return at + lag, actor, json.dumps(document(event)).encode()


def letters() -> list[tuple[int, str, bytes]]:
    """Half of the packs go a month before the others. Of each half one reaches another shop than its addressee, and one receipt
    is noted two days late."""
    found = []
    for start, packs in ((START, PACKS[:3]), (START + 30 * DAY, PACKS[3:])):
        found += [
            told("commissioning", packs, start, MAKER),
            told("shipping", packs, start + DAY, MAKER, DEALER),
            told("receiving", packs, start + 2 * DAY, DEALER, lag=2 * DAY),
            told("shipping", packs, start + 5 * DAY, DEALER, SHOP),
            told("receiving", packs[1:], start + 6 * DAY, SHOP),
            told("receiving", packs[:1], start + 6 * DAY, OTHER),
        ]
    return sorted(found)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = with_parties(tmp_path / "line")
    yield line
    line.close()


def with_parties(folder: Path) -> Line:
    line = Line(folder, NOW)
    for gln, role in ROLES.items():
        value = {"name": role, "role": role, "sites": [{"gln": gln}]}
        line.services.registry.state(Fact("party", gln, value, START - DAY, OPERATOR))
    return line


def send(line: Line) -> None:
    for at, who, body in letters():
        line.send(body, "application/json", who, at)


def verdicts(line: Line) -> dict[str, dict[bytes, tuple[str, ...]]]:
    """Unit -> event -> findings with their severity."""
    found: dict[str, dict[bytes, tuple[str, ...]]] = {}
    for epc, *_ in line.store.units():
        rows = line.graph.unit_rows(epc)
        assert rows is not None
        found[epc] = {v.event: tuple(f"{f.code} ({f.severity})" for f in v.findings) for v in rows.verdicts if v.kind == 0}
    return found


def test_what_a_version_would_change_is_what_it_changes(line: Line, tmp_path: Path) -> None:
    send(line)
    line.settle()
    effect = effect_on(Layout(line.folder), 4, SECRETS, 2)
    assert effect_on(Layout(line.folder), 4, SECRETS, 1).changed == []
    assert effect.findings["late"] == (6, 0)
    diverted = [one for one in effect.changed if "diversion (high)" in one.new and "diversion (medium)" in one.gone]
    assert [one.unit for one in diverted] == [PACKS[0], PACKS[3]]
    since = effect_on(Layout(line.folder), 4, SECRETS, 2, START + 20 * DAY)
    assert [one.unit for one in since.changed] == PACKS[3:]

    other = with_parties(tmp_path / "other")  # the same documents, had it been in force
    for partition in range(4):
        for record in line.log.read(DOCUMENTS, partition, 0, 100_000, 10**9):
            other.log.append(DOCUMENTS, partition, [encode(msgspec.structs.replace(decode_document(record.value), rules=2))])
    other.settle()
    before, after = verdicts(line), verdicts(other)
    assert {one.unit for one in effect.changed} == {unit for unit in before if before[unit] != after[unit]}
    other.close()


def test_what_stands_keeps_its_rules_and_what_comes_gets_the_new_ones(line: Line) -> None:
    line.services.registry.state(Fact("rules", "2", {"from": START + 20 * DAY}, START, OPERATOR))
    send(line)
    line.settle()
    found = {unit: {one for codes in events.values() for one in codes} for unit, events in verdicts(line).items()}
    assert found[PACKS[0]] == {"late (info)", "diversion (medium)"}
    assert found[PACKS[3]] == {"diversion (high)"}
    assert [str(one) for one in check_data(Layout(line.folder), 4, SECRETS)] == []  # the ledger agrees, a replay too
    assert effect_on(Layout(line.folder), 4, SECRETS, 2, START + 20 * DAY).changed == []


def test_a_version_is_published_for_what_is_still_to_come_and_must_be_known(line: Line) -> None:
    for key, value in (("3", {"from": NOW + 1}), ("2", {"from": NOW}), ("two", {"from": NOW + 1})):
        with pytest.raises(DocumentError):
            line.services.registry.state(Fact("rules", key, value, NOW, OPERATOR))
    with pytest.raises(UnknownRulesError, match="upgrade"):
        effect_on(Layout(line.folder), 4, SECRETS, 3)


def test_a_program_older_than_the_rules_stops_and_a_newer_one_goes_on(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.services.registry.state(Fact("rules", "2", {"from": START}, START - 1, OPERATOR))
    send(line)
    with monkeypatch.context() as older:
        older.delitem(RULES, 2)
        with pytest.raises(UnknownRulesError, match="version 2 is in force"):
            line.runner.drain()
        assert line.graph.counts().undecidable == 0
    line.runner = line.new_runner()
    line.settle()
    assert line.graph.counts().undecidable == 0
    assert [str(one) for one in check_data(Layout(line.folder), 4, SECRETS)] == []
