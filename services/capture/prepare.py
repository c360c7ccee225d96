"""What capture does with a body that needs no registry, no clock and no log: parse, validate, hash. Pure, so that it can run in
another process; what goes in and out is bytes.

The registry stays in the parent: it changes with every scan count, and sending it to each worker after each change would cost
more than the stamps do (some 10 us an event on `stamping.slim` views, against 50 to 150 us of parsing, checking and hashing).
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import zstandard

from pedigree.errors import DocumentError, Fault
from pedigree.events import EventView, read_event
from pedigree.seal import sm3
from pedigree.stamping import slim
from pedigree.wire import Document, Limits, parse, parse_event, where
from pedigree.wire.notation import spelled_for_json
from services.epcis import validate
from services.scan.document import is_scans, read_scans

Behaviour = Literal["rollback", "proceed"]


class Task(msgspec.Struct, array_like=True, frozen=True):
    """A body and how to take it. `single`: one event that stands alone."""

    body: bytes
    content_type: str
    single: bool
    behaviour: Behaviour
    event_limit: int
    list_limit: int
    aliases: dict[str, str] = {}
    """Ids of another system's companies -> GLN, for a code platform's bills."""


FaultRow = tuple[str, str, str]
"""where, found, expected"""


class PreparedEvent(msgspec.Struct, array_like=True, frozen=True):
    """`json`: the event's own JSON-LD bytes. `declared`: declaration time or 0. `units`: whether it names any."""

    json: bytes
    hash: bytes
    declared: int
    units: bool
    view: EventView


class Prepared(msgspec.Struct, array_like=True):
    """A body made ready for stamping, or (`refusal` set) why it can't be."""

    refusal: str = ""
    over: bool = False
    """The refusal is about a limit (413)."""
    faults: list[FaultRow] = []
    """Of the whole document, or in `proceed` mode of the events that were left out."""
    events: list[PreparedEvent] = []
    listed: int = 0
    """How many events the document lists."""
    context: bytes = b""
    """JSON of {context, namespaces, header, source}."""
    raw: bytes = b""
    digest: bytes = b""

    def problems(self) -> tuple[Fault, ...]:
        return tuple(Fault(*row) for row in self.faults)


_encode = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode
decode_prepared = msgspec.msgpack.Decoder(Prepared).decode


def prepare_bytes(task: bytes) -> bytes:
    """`prepare` for another process, whose memory is limited: msgpack in, msgpack out; errors travel as `refusal`."""
    try:
        return _encode(prepare(msgspec.msgpack.decode(task, type=Task)))
    except MemoryError:
        return _encode(Prepared(refusal="the document needs more memory than one document may have", over=True))
    finally:
        gc.collect()  # a worker collects between documents only


def prepare(task: Task) -> Prepared:
    """Never raises for a bad body: the result says what is wrong with it."""
    read = parse_event if task.single else parse
    try:
        if is_scans(task.content_type):
            return _prepare_scans(task)
        document = read(task.body, task.content_type, Limits())
        return _prepare(task, document)
    except DocumentError as error:
        return Prepared(refusal=str(error), faults=_rows(error.faults))


def _prepare_scans(task: Task) -> Prepared:
    """A scanner's file: what is wrong is said of its lines."""
    scans = read_scans(task.body, task.content_type, task.aliases)
    if scans.faults and (task.behaviour == "rollback" or not scans.document.events):
        count = f"{len(scans.faults)} lines can't be used, the first: " if len(scans.faults) > 1 else ""
        raise DocumentError(f"{count}{scans.faults[0]}", tuple(scans.faults))
    made = _prepare(task, scans.document)
    placed = [scans.placed(fault) for fault in made.problems()]
    refusal = str(placed[0]) if made.refusal and placed else made.refusal
    return msgspec.structs.replace(made, refusal=refusal, faults=_rows([*scans.faults, *placed]))


def _prepare(task: Task, document: Document) -> Prepared:
    kind = document.header.get("type", "EPCISDocument")
    if kind != "EPCISDocument":
        raise DocumentError(f"{kind} can't be captured", (Fault("/type", str(kind)[:100], "EPCISDocument"),))
    if len(document.events) > task.event_limit:
        sentence = f"{len(document.events)} events in one document, at most {task.event_limit} are taken at once"
        return Prepared(refusal=sentence, over=True)
    faults = validate(document, task.list_limit)
    bad, general = _by_event(document, faults)
    if faults and (general or task.behaviour == "rollback"):
        count = f"{len(faults)} faults, the first: " if len(faults) > 1 else ""
        return Prepared(refusal=f"{count}{faults[0]}", faults=_rows(faults))
    hasher = document.hasher()
    hashes = [b"" if index in bad else hasher.digest(event) for index, event in enumerate(document.events)]
    if document.source != "json":
        document = spelled_for_json(document)  # an event is kept in one notation, in which it says the same by itself
    events = []
    for index, event in enumerate(document.events):
        if index in bad:
            continue
        view = read_event(event)
        declared = view.declaration.time if view.declaration is not None else 0
        json = _alone(event, document.namespaces)
        events.append(PreparedEvent(json, hashes[index], declared, _names_units(view), slim(view)))
    return Prepared(
        faults=_rows(faults),
        events=events,
        listed=len(document.events),
        context=_json(
            {
                "context": document.context,
                "namespaces": document.namespaces,
                "header": document.header,
                "source": document.source,
            }
        ),
        raw=zstandard.compress(task.body, 3),
        digest=sm3(task.body),
    )


def _alone(event: dict[str, Any], namespaces: Mapping[str, str]) -> bytes:
    """The event's JSON-LD with the prefixes that it uses, so that it means the same (and hashes the same) by itself."""
    json = _json(event)
    used = {prefix: uri for prefix, uri in namespaces.items() if f"{prefix}:".encode() in json}
    if not used:
        return json
    own = event.get("@context", [])
    context = [used, *(own if isinstance(own, list) else [own])]
    return _json({"@context": context, **{key: value for key, value in event.items() if key != "@context"}})


def _by_event(document: Document, faults: Sequence[Fault]) -> tuple[set[int], list[Fault]]:
    """The events that have faults, and the faults that belong to none of them."""
    if not faults:
        return set(), []
    starts = {where(document, index): index for index in range(len(document.events))}
    bad: set[int] = set()
    general = []
    for fault in faults:
        place = fault.where
        while place and place not in starts:
            place = place.rpartition("/")[0]
        if place in starts:
            bad.add(starts[place])
        else:
            general.append(fault)
    return bad, general


def _names_units(view: EventView) -> bool:
    return bool(
        view.epcs or view.quantities or view.parent or view.children or view.child_quantities
        or view.input_epcs or view.output_epcs or view.input_quantities or view.output_quantities or view.transformation_id
    )  # fmt: skip


def _rows(faults: Sequence[Fault]) -> list[FaultRow]:
    return [(fault.where[:500], fault.found[:500], fault.expected[:500]) for fault in faults[:1000]]
