"""Readings of EPCIS queries on SQLite: `python -m ops.bench.queries [events]`.

Events of 40 sites over 300 days, one to three packs each, a quarter of them with a business transaction, are projected as the
projector does. Beside each reading stands how many events the page had; the baseline is one event by its key.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from graph.sqlite import SqliteGraph
from pedigree.identifiers.checkdigit import check_digit
from pedigree.messages import DocumentMessage, StampedEvent
from pedigree.query import Condition, EventQuery, FieldName, Match, Pattern, Places, Role, Span, Value, Viewer, pattern

STEPS = ("commissioning", "packing", "shipping", "receiving", "storing", "dispensing", "inspecting")
PARTIES = [f"69{i:010d}{check_digit(f'69{i:010d}')}" for i in range(40)]
GTINS = [f"0690123456{i:04d}" for i in range(50)]
T0, DAY, DAYS = 1_700_000_000_000, 86_400_000, 300
SERIALS = 200_000
INSTANCES = (Role.EPC, Role.CHILD)


def pack_id(serial: int) -> str:
    return f"https://id.gs1.org/01/{GTINS[serial % 50]}/21/{serial:08d}"


def moment(i: int, events: int) -> int:
    return T0 + i * (DAYS * DAY // events)


def stamped(i: int, events: int, chance: random.Random) -> StampedEvent:
    """One event, written as JSON by hand: encoding would take longer than projecting."""
    at, party, other = moment(i, events), chance.choice(PARTIES), chance.choice(PARTIES)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1000)) + f".{at % 1000:03d}Z"
    epcs = '","'.join(pack_id(chance.randrange(SERIALS)) for _ in range(1 + i % 3))
    order = f',"bizTransactionList":[{{"type":"po","bizTransaction":"urn:epcglobal:cbv:bt:{party}:{i // 40}"}}]'
    json = (
        f'{{"type":"ObjectEvent","action":"OBSERVE","eventTime":"{text}","eventTimeZoneOffset":"+00:00",'
        f'"bizStep":"{STEPS[i % 7]}","disposition":"in_progress","epcList":["{epcs}"],'
        f'"readPoint":{{"id":"https://id.gs1.org/414/{party}"}}{order if i % 4 == 0 else ""}}}'
    ).encode()
    return StampedEvent(json, hashlib.sha256(json).digest(), party, other, "", True, 0, 600_000)


def documents(events: int, size: int = 500) -> Iterator[DocumentMessage]:
    chance = random.Random(5)
    for start in range(0, events, size):
        made = [stamped(i, events, chance) for i in range(start, min(events, start + size))]
        yield DocumentMessage(
            1, f"c{start}", made[0].actor, moment(start, events), 0, 1, "application/ld+json", b"", b"", None, b"{}", made
        )


def load(graph: SqliteGraph, events: int) -> float:
    """Microseconds of CPU each, the making of the documents left out."""
    used, batch, first = 0.0, list[DocumentMessage](), 0
    for number, message in enumerate(documents(events), start=1):
        batch.append(message)
        if len(batch) == 10 or number * 500 >= events:
            start = time.process_time()
            graph.apply_documents(0, first, batch)
            used += time.process_time() - start
            first, batch = number, []
    return used / events * 1e6


def queries(events: int, chance: random.Random) -> dict[str, Callable[[], tuple[EventQuery, Viewer | None]]]:
    def span(days: int) -> Span:
        start = T0 + chance.randrange(DAYS - days) * DAY
        return Span(start, start + days * DAY)

    def epc() -> EventQuery:
        return EventQuery(matches=(Match(INSTANCES, (Pattern(pack_id(chance.randrange(SERIALS))),)),))

    def gtin() -> EventQuery:
        serials = pattern(f"https://id.gs1.org/01/{chance.choice(GTINS)}")
        return EventQuery(matches=(Match(INSTANCES, (serials,)),), event_time=span(30))

    def order() -> EventQuery:
        value = Value("s", f"urn:epcglobal:cbv:bt:{chance.choice(PARTIES)}:{chance.randrange(events // 40)}")
        return EventQuery(conditions=(Condition((FieldName("bizTransaction", "po"),), "EQ", (value,)),))

    def place() -> Places:
        return Places((Pattern(f"https://id.gs1.org/414/{chance.choice(PARTIES)}"),))

    return {
        "by EPC": lambda: (epc(), None),
        "by EPC, a party's eyes": lambda: (epc(), Viewer(chance.choice(PARTIES))),
        "time range + bizStep": lambda: (EventQuery(biz_steps=(chance.choice(STEPS),), event_time=span(7)), None),
        "the same, a party's eyes": lambda: (
            EventQuery(biz_steps=(chance.choice(STEPS),), event_time=span(7)), Viewer(chance.choice(PARTIES))
        ),
        "all of a GTIN, 30 days": lambda: (gtin(), None),
        "by business transaction": lambda: (order(), None),
        "read point + bizStep": lambda: (EventQuery(read_points=(place(),), biz_steps=(chance.choice(STEPS),)), None),
        "newest by record time": lambda: (EventQuery(order_by="recordTime"), None),
    }  # fmt: skip


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        graph = SqliteGraph(Path(name) / "graph.db")
        each = load(graph, events)
        size = (Path(name) / "graph.db").stat().st_size
        print(f"{'projection':26} {events:,} events, {each:.1f} us CPU and {size / events:.0f} bytes each")
        hashes = [row.hash for row in graph.query_events(EventQuery(), limit=300).items]
        report("baseline: one by its hash", [timed(lambda h=h: graph.event(h)) for h in hashes], 300)  # type: ignore[misc]
        for title, make in queries(events, random.Random(6)).items():
            taken, rows = [], 0
            for _ in range(300):
                query, viewer = make()
                start = time.perf_counter()
                rows += len(graph.query_events(query, viewer, limit=100).items)
                taken.append((time.perf_counter() - start) * 1000)
            report(title, taken, rows)
        graph.close()


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def report(title: str, taken: list[float], rows: int) -> None:
    each = sorted(taken)
    half, most = each[len(each) // 2], each[len(each) * 99 // 100]
    print(f"{title:26} p50 {half:8.2f} ms  p99 {most:8.2f} ms  {rows / len(each):6.1f} events")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.queries", description=__doc__)
    parser.add_argument("packs", type=int, nargs="?", default=200_000)
    main(parser.parse_args().packs)
