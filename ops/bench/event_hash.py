"""Event hashes per second, this project's and the reference implementation's, on the same events in one run.

    python -m ops.bench.event_hash [--rounds N] [--events N]

Rounds alternate, so that a busy machine slows both; the ratio is the median over the rounds. Every hash is compared. Each event
has its own EPCs and time: nothing is answered from a cache of earlier rounds.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from pedigree.eventhash import Hasher
from pedigree.namespaces import CONTEXT, context_namespaces

Doc = dict[str, Any]


def events(count: int, first: int) -> Doc:
    """A document of shipments, packings and dispensings, ten EPCs each, one in four with extensions and sensor data."""
    listed = [_event(number) for number in range(first, first + count)]
    context = [CONTEXT, {"example": "https://ns.example.com/epcis/"}]
    frame = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2024-05-01T00:00:00Z"}
    return {**frame, "epcisBody": {"eventList": listed}}


def _event(number: int) -> Doc:
    epcs = [f"urn:epc:id:sgtin:4012345.0{number % 100000:05d}.{number:06d}{place}" for place in range(10)]
    minute = f"2024-05-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}"
    event: Doc = {
        "eventTime": f"{minute}:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": f"urn:epc:id:sgln:4012345.{number % 100000:05d}.0"},
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:4012345000009:{number}"}],
    }
    if number % 2:
        parent = f"urn:epc:id:sscc:4012345.{number:010d}"
        event |= {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": parent, "childEPCs": epcs}
    else:
        event |= {"type": "ObjectEvent", "action": "OBSERVE", "epcList": epcs}
    if number % 4 == 0:
        report = {"type": "Temperature", "value": 4.0 + number % 7, "uom": "CEL", "time": f"{minute}:30.000+08:00"}
        event["sensorElementList"] = [{"sensorReport": [report]}]
        event["example:box"] = {"example:size": "7.0", "example:seal": ["B", "A"]}
    return event


def ours(document: Doc) -> list[str]:
    hasher = Hasher(context_namespaces(document["@context"]))
    return [hasher.hash(event) for event in document["epcisBody"]["eventList"]]


def reference(document: Doc) -> list[str]:
    from epcis_event_hash_generator import hash_generator, json_to_py

    found = json_to_py.event_list_from_epcis_document_json(document)
    return list(hash_generator.epcis_hashes_from_events(found))


def _timed(work: Callable[[Doc], list[str]], document: Doc) -> tuple[float, list[str]]:
    given = copy.deepcopy(document)  # the reference changes what it is given
    start = time.perf_counter()
    found = work(given)
    return time.perf_counter() - start, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    rates: list[tuple[float, float]] = []
    for number in range(asked.rounds + 1):
        document = events(asked.events, number * asked.events)
        theirs, expected = _timed(reference, document)
        mine, found = _timed(ours, document)
        if found != expected:
            print("the hashes differ", file=sys.stderr)
            return 1
        if number:  # the first round warms up
            rates.append((asked.events / mine, asked.events / theirs))
    ratio = statistics.median(mine / theirs for mine, theirs in rates)
    result = {
        "events_per_second": round(statistics.median(mine for mine, _ in rates)),
        "reference_events_per_second": round(statistics.median(theirs for _, theirs in rates)),
        "ratio": round(ratio, 1),
    }
    if asked.json:
        print(json.dumps(result))
    else:
        print(f"Medtrace   {result['events_per_second']:>8,} events/s")
        print(f"reference  {result['reference_events_per_second']:>8,} events/s")
        print(f"ratio      {result['ratio']:>8} (median of {asked.rounds} rounds of {asked.events} events)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
