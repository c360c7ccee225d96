"""Events per second of CPU time through reading, validating and hashing, in both notations, beside the bare decoders.

    python -m ops.bench.documents [--rounds N] [--events N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import msgspec
from lxml import etree

from ops.bench.event_hash import events
from pedigree.wire import parse, parse_json, to_xml
from services.epcis import validate


def take(body: bytes) -> None:
    """What capture does with a body before it is stamped and logged."""
    document = parse(body)
    if validate(document):
        raise SystemExit("the document of the benchmark has faults")
    hasher = document.hasher()
    for event in document.events:
        hasher.hash(event)


def _rate(work: Callable[[bytes], object], body: bytes, count: int) -> float:
    start = time.process_time()
    work(body)
    return count / (time.process_time() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description="Documents per second through reading, validating and hashing")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rates: dict[str, list[float]] = {}
    for number in range(asked.rounds):
        body = json.dumps(events(asked.events, number * asked.events)).encode()
        xml = to_xml(parse_json(body))
        for name, work, given in (
            ("json", take, body),
            ("json, decoded only", msgspec.json.decode, body),
            ("xml", take, xml),
            ("xml, decoded only", etree.fromstring, xml),
        ):
            rates.setdefault(name, []).append(_rate(work, given, asked.events))
    result = {name: round(statistics.median(found)) for name, found in rates.items()}
    if asked.json:
        print(json.dumps(result))
    else:
        for name, rate in result.items():
            print(f"{name:20} {rate:>10,} events/s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
