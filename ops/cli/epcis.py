"""`medtrace epcis`: what a document says, without a server. `-` reads standard input."""

from __future__ import annotations

import difflib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Exit, say, table
from ops.cli.importing import import_
from pedigree.errors import DocumentError, Fault
from pedigree.wire import Document, parse, parse_event, to_json, to_xml
from services.epcis import validate as faults_of
from services.epcis import warnings as doubts_of

app = typer.Typer(no_args_is_help=True, help="Convert, hash, check and compare EPCIS documents; no server is needed.")

File = Annotated[Path, typer.Argument(help="A document or one event, JSON-LD or XML; `-` is standard input.", allow_dash=True)]
_CHANGES = 40
"""Lines of one event's changes that are shown."""


def read(path: Path) -> Document:
    """A document, or one event that stands alone. Raises DocumentError with what is wrong; CommandError for no file."""
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", Exit.USAGE) from error
    try:
        return parse(body)
    except DocumentError as wrong:
        try:
            return parse_event(body)
        except DocumentError:
            raise wrong from None


@app.command()
def convert(
    path: File,
    to: Annotated[str, typer.Option("--to", help="json or xml; the other notation if not given.")] = "",
    target: Annotated[Path | None, typer.Option("--out", help="The file to write; standard output if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a document in the other notation. EPCIS 1.2 XML becomes 2.0."""
    document = read(path)
    wanted = to or ("xml" if document.source == "json" else "json")
    if wanted not in ("json", "xml"):
        raise CommandError("--to is json or xml", Exit.USAGE)
    made = to_xml(document) if wanted == "xml" else msgspec.json.format(to_json(document), indent=2)
    if target is not None:
        target.write_bytes(made)
        where = {"file": str(target), "bytes": len(made)}
        say(as_json, {"notation": wanted, "events": len(document.events), **where}, f"{target}: {len(made)} bytes")
    elif as_json:
        say(True, {"notation": wanted, "events": len(document.events), "document": made.decode()})
    else:
        sys.stdout.write(made.decode() + ("" if made.endswith(b"\n") else "\n"))


@app.command(name="hash")
def hash_(
    path: File,
    prehash: Annotated[bool, typer.Option(help="Print the canonical string instead of its hash.")] = False,
    as_json: AsJson = False,
) -> None:
    """The CBV 2.0 hash of each event, one a line, in the order of the document."""
    document = read(path)
    hasher = document.hasher()
    found = [hasher.prehash(event) if prehash else hasher.hash(event) for event in document.events]
    say(as_json, {"prehashes" if prehash else "hashes": found}, lambda: sys.stdout.write("".join(f"{one}\n" for one in found)))


@app.command()
def validate(
    path: File,
    strict: Annotated[bool, typer.Option(help="What is odd but allowed counts as wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every fault at once: where, what was found, what was expected. Exit code 1 when there is any."""
    try:
        document = read(path)
        faults = faults_of(document)
        doubts = doubts_of(document) if not faults else []
        events = len(document.events)
    except DocumentError as error:
        faults, doubts, events = list(error.faults) or [Fault("", str(error), "an EPCIS document")], [], 0
    valid = not faults and not (strict and doubts)

    def text() -> None:
        table("Faults", ("where", "found", "expected"), _rows(faults), f"{events} events, no fault")
        if doubts:
            table("Odd, but allowed", ("where", "found", "expected"), _rows(doubts), "")

    say(as_json, {"valid": valid, "events": events, "faults": _objects(faults), "warnings": _objects(doubts)}, text)
    if not valid:
        raise typer.Exit(Exit.FOUND)


@app.command()
def diff(
    first: File,
    second: Annotated[Path, typer.Argument(help="The document to compare it with; one of both may be `-`.", allow_dash=True)],
    as_json: AsJson = False,
) -> None:
    """Compare what two documents say, event by event, whatever their notation and order. Exit code 1 when they differ."""
    if str(first) == str(second) == "-":
        raise CommandError("only one of the documents can be standard input", Exit.USAGE)
    one, other = _by_hash(read(first)), _by_hash(read(second))
    count = Counter(hash for hash, _ in one), Counter(hash for hash, _ in other)
    gone = _beyond(one, count[1])
    come = _beyond(other, count[0])
    both = sum((count[0] & count[1]).values())
    pairs = _same_id(gone, come)
    changes = [{"eventID": a["eventID"], "changes": _changes(a, b)} for a, b in pairs]

    def text() -> None:
        sys.stdout.write(f"{both} events in both, {len(gone)} only in {first}, {len(come)} only in {second}\n")
        for mark, side in (("-", gone), ("+", come)):
            for hash, event in side:
                sys.stdout.write(f"{mark} {hash} {event.get('type')} {event.get('eventTime')} {event.get('bizStep', '')}\n")
        for change in changes:
            sys.stdout.write(f"\n{change['eventID']}\n" + "".join(f"  {line}\n" for line in change["changes"]))

    answer = {"same": both, "onlyFirst": [hash for hash, _ in gone], "onlySecond": [hash for hash, _ in come], "changed": changes}
    say(as_json, answer, text)
    if gone or come:
        raise typer.Exit(Exit.FOUND)


app.command(name="import")(import_)

_Hashed = tuple[str, dict[str, Any]]


def _by_hash(document: Document) -> list[_Hashed]:
    """The hash does not cover error declarations: whether an event is one belongs to what it says."""
    hasher = document.hasher()
    return [(hasher.hash(event) + _declared(event), event) for event in document.events]


def _declared(event: dict[str, Any]) -> str:
    error = event.get("errorDeclaration")
    return f" declared {error.get('declarationTime')}" if isinstance(error, dict) else ""


def _beyond(events: list[_Hashed], others: Counter[str]) -> list[_Hashed]:
    """Those of the events that the other document has not, or has fewer times."""
    left, found = Counter(others), []
    for hash, event in events:
        if left[hash] > 0:
            left[hash] -= 1
        else:
            found.append((hash, event))
    return found


def _same_id(gone: list[_Hashed], come: list[_Hashed]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Events of one eventID that say different things."""
    named = {event["eventID"]: event for _, event in come if isinstance(event.get("eventID"), str)}
    return [(event, named[event["eventID"]]) for _, event in gone if event.get("eventID") in named]


def _changes(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    before, after = (json.dumps(event, indent=1, sort_keys=True, ensure_ascii=False).splitlines() for event in (one, other))
    found = difflib.unified_diff(before, after, lineterm="", n=0)
    lines = [line for line in found if not line.startswith(("---", "+++", "@@"))]
    return lines[:_CHANGES] + (["..."] if len(lines) > _CHANGES else [])


def _rows(faults: list[Fault]) -> list[tuple[str, str, str]]:
    return [(fault.where, fault.found, fault.expected) for fault in faults]


def _objects(faults: list[Fault]) -> list[dict[str, str]]:
    return [{"where": fault.where, "found": fault.found, "expected": fault.expected} for fault in faults]
