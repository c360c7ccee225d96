"""What every graph must tell about one unit."""

from __future__ import annotations

import msgspec

from graph.model import Effective, Receipt
from graph.port import Graph
from pedigree.custody.steps import Kind, Status, Step
from pedigree.messages import END, Packed, Stay
from tests.contract.graph_builder import (
    CLINIC,
    DAY,
    DEALER,
    GTIN,
    LOT,
    MAKER,
    SHOP,
    T0,
    Line,
    decision,
    finding,
    hash_of,
    pack_id,
    site,
    verdict,
)
from tests.contract.graph_cases import CASE, CRATE, PALLET, A, B, applied, shipped_pallet


def test_unit_rows_are_what_was_decided(graph: Graph) -> None:
    line = shipped_pallet()
    judged = verdict(hash_of("x"), Step.RECEIVE, line.time, DEALER, outcome="rejected", applies=False, declared=5, attested="k1",
                     findings=(finding("diversion", "medium", to=SHOP), finding("late", "info")))  # fmt: skip
    line.judge(A, judged, verdict="suspect", marks=("diverted", "late"))
    applied(graph, line)
    rows = graph.unit_rows(A)
    assert rows is not None
    history = line.units[A]
    assert rows.shown == history.shown
    assert rows.stays == history.stays
    assert rows.packed == history.packed
    assert judged in rows.verdicts
    assert [v.kind for v in sorted(rows.verdicts, key=lambda v: v.place)] == [Kind.EVENT, Kind.PACKED, Kind.EVENT]
    assert rows.n == history.n
    assert rows.acc != b""
    assert graph.unit_rows(pack_id("never")) is None
    assert graph.passport(pack_id("never")) is None


def test_a_path_goes_through_containers(graph: Graph) -> None:
    line = shipped_pallet()
    line.unpack(PALLET, [CASE], DEALER)
    line.ship([PALLET], DEALER, SHOP)  # the empty pallet goes on: none of the pack's business
    line.unpack(CASE, [A], DEALER)
    line.ship([A], DEALER, CLINIC)
    line.receive([A], CLINIC)
    applied(graph, line)
    minute = 60_000
    passport = graph.passport(A)
    assert passport is not None
    steps = [((s.t_from - T0) // minute, s.party, s.status, s.via, s.depth) for s in passport.path]
    assert steps == [
        (1, MAKER, Status.ACTIVE, "", 0),
        (2, MAKER, Status.ACTIVE, CASE, 1),
        (3, MAKER, Status.ACTIVE, PALLET, 2),
        (4, MAKER, Status.IN_TRANSIT, PALLET, 2),
        (5, DEALER, Status.ACTIVE, PALLET, 2),
        (6, DEALER, Status.ACTIVE, CASE, 1),
        (8, DEALER, Status.ACTIVE, "", 0),
        (9, DEALER, Status.IN_TRANSIT, "", 0),
        (10, CLINIC, Status.ACTIVE, "", 0),
    ]
    assert all(a.t_to == b.t_from for a, b in zip(passport.path, passport.path[1:], strict=False))
    assert passport.path[-1].t_to == END
    assert [c.epc for c in passport.containers] == [CASE, PALLET]
    assert passport.packed == line.units[A].packed
    assert passport.custody == Effective(Status.ACTIVE, CLINIC, MAKER, site(CLINIC), "", "")
    assert graph.custody_path(A) == passport.path


def test_custody_now_is_the_outermost_containers(graph: Graph) -> None:
    line = shipped_pallet()
    line.ship([PALLET], DEALER, CLINIC)
    applied(graph, line)
    passport = graph.passport(A)
    assert passport is not None
    now = passport.custody
    assert (now.status, now.party, now.addressee, now.via, now.depth) == (Status.IN_TRANSIT, DEALER, CLINIC, PALLET, 2)
    assert now.known


def test_a_container_that_nobody_told_of_is_said_to_be_unknown(graph: Graph) -> None:
    line = Line()
    line.commission([A])
    shown = msgspec.structs.replace(line.units[A].shown, container=CRATE)
    event = hash_of("p")
    packed = [Packed(T0 + DAY, END, CRATE, event)]
    stay = msgspec.structs.replace(line.units[A].stays[0], t_to=T0 + DAY)
    line._send([decision(A, shown, before=1, since=T0, stays=[stay], packed=packed)])
    applied(graph, line)
    passport = graph.passport(A)
    assert passport is not None
    assert (passport.custody.known, passport.custody.via, passport.custody.party) == (False, CRATE, MAKER)
    assert passport.containers == []
    assert graph.contents(CRATE).children.items[0].epc == A


def test_a_circle_of_containers_ends(graph: Graph) -> None:
    line = Line()
    line.commission([CASE, PALLET, A])
    line.pack(CASE, [A], MAKER)
    line.pack(PALLET, [CASE], MAKER)
    line.pack(CASE, [PALLET], MAKER)
    applied(graph, line)
    passport = graph.passport(A)
    assert passport is not None
    assert passport.custody.known is False
    assert len(graph.contents(CASE).levels) <= 6
    assert graph.recall(GTIN, LOT).total == 1


def test_rows_from_since_on_are_replaced(graph: Graph) -> None:
    """A late event changes the middle of a history: what began before it stays."""
    line = Line()
    line.commission([A])
    line.ship([A], MAKER, DEALER)
    line.receive([A], SHOP)
    applied(graph, line)
    history = line.units[A]
    first, second, third = history.stays
    late, event = second.t_from + 30_000, hash_of("late")
    stays = [
        msgspec.structs.replace(second, t_to=late),
        Stay(late, third.t_from, Status.ACTIVE, DEALER, DEALER, site(DEALER), "", event, False),
        Stay(late, late, Status.ACTIVE, DEALER, DEALER, site(DEALER), "", hash_of("moment"), True),
        third,
    ]
    stays.sort(key=lambda s: s.t_from)
    packed = [Packed(late, late, CRATE, event), Packed(late, third.t_from, PALLET, event)]
    late_one = decision(A, history.shown, before=3, since=second.t_from, stays=stays, packed=packed)
    line._send([late_one])
    applied(graph, line)
    rows = graph.unit_rows(A)
    assert rows is not None
    assert rows.stays == [first, *stays]
    assert rows.packed == packed
    line._send([decision(A, history.shown, before=4, since=third.t_from, stays=[third], packed=[])])
    applied(graph, line)
    rows = graph.unit_rows(A)
    assert rows is not None
    assert rows.stays == [first, *stays]
    first_two = [s for s in stays if s.t_from < late]
    line._send([decision(A, history.shown, before=5, since=late, stays=[], packed=[])])
    applied(graph, line)
    rows = graph.unit_rows(A)
    assert rows is not None
    assert (rows.stays, rows.packed) == ([first, *first_two], [])


def test_verdicts_change_and_go(graph: Graph) -> None:
    line = Line()
    first = line.commission([A])
    receipt = line.receive([A], SHOP)
    bad = verdict(receipt, Step.RECEIVE, line.time, SHOP, outcome="suspect", findings=(finding("diversion"), finding("late")))
    line.judge(A, bad)
    applied(graph, line)
    assert graph.counts().findings == {"diversion": 1, "late": 1}
    good = msgspec.structs.replace(bad, outcome="confirmed", findings=(finding("late", "info"),))
    line.judge(A, good, gone=[(first, Kind.EVENT, "", 0)])
    applied(graph, line)
    rows = graph.unit_rows(A)
    assert rows is not None
    assert rows.verdicts == [good]
    assert graph.counts().findings == {"late": 1}
    assert graph.findings().items == []  # info is no alert
    assert [f.code for f in graph.findings(severity="info").items] == ["late"]


def test_findings_of_a_container_count_while_the_unit_was_inside(graph: Graph) -> None:
    line = shipped_pallet()
    inside = line.time
    line.unpack(CASE, [A], DEALER)
    event = line.receive([PALLET], SHOP)
    after = verdict(event, Step.RECEIVE, line.time, SHOP, outcome="suspect", findings=(finding("after"),))
    during = verdict(hash_of("d"), Step.RECEIVE, inside, SHOP, outcome="rejected", applies=False, findings=(finding("during"),))
    line.judge(PALLET, after, during)
    applied(graph, line)
    found = {unit: [f.code for f in passport.findings] for unit in (A, B, PALLET) if (passport := graph.passport(unit))}
    assert found == {A: ["during"], B: ["during", "after"], PALLET: ["during", "after"]}


def test_anchored_leaves_follow_the_receipts(graph: Graph) -> None:
    line = Line()
    line.commission([A])
    line.ship([A], MAKER, DEALER)
    line.receive([A], DEALER)
    applied(graph, line)

    def anchored() -> int:
        passport = graph.passport(A)
        assert passport is not None
        return passport.unit.anchored

    assert anchored() == 0
    first, second = Receipt(0, 0, 0, 1, 0, T0, 1), Receipt(0, 0, 2, 5, 1, T0 + 1, 2)
    assert graph.apply_receipts(0, 0, [second]) == 0  # a gap
    assert graph.apply_receipts(0, 0, [first]) == 1
    assert anchored() == 2
    assert graph.apply_receipts(0, 0, [first, second]) == 1
    assert anchored() == 3
    assert graph.progress("ledger/0/0") == (6, b"")
    assert graph.receipt(0, 0, 5) == second
    assert graph.receipt(0, 0, 1) == first
    assert graph.receipt(0, 0, 6) is None
    assert graph.counts().anchored == {"0/0": 6}
