"""`medtrace epcis import`: what scanners, old systems and code platforms write, as an EPCIS document, without a server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Exit
from pedigree.errors import DocumentError, Fault
from pedigree.wire import to_json
from services.epcis import validate
from services.scan.billforms import CSV, JSON, XML
from services.scan.document import Scans, read_scans, with_columns
from services.scan.lines import COLUMNS

_FORMS = ("code-platform", "csv", "codes")


def import_(
    path: Annotated[Path, typer.Argument(help="The file; `-` is standard input.", allow_dash=True)],
    source: Annotated[
        str, typer.Option("--from", help="code-platform (JSON, XML or CSV bills), csv (a scan a line), codes (a code a line).")
    ],
    site: Annotated[str, typer.Option(help="GLN of where it happened, where the file does not say it.")] = "",
    column: Annotated[list[str], typer.Option(help="name=value that holds for all lines; may be repeated.")] = [],  # noqa: B006
    aliases: Annotated[Path | None, typer.Option(help="JSON: a code platform's company id -> GLN.")] = None,
    report: Annotated[Path | None, typer.Option(help="Where the report goes; standard error if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the EPCIS document; report, as JSON, what could not be mapped. Exit code 1 when that is anything.

    With --json, document and report are one object.
    """
    if source not in _FORMS:
        raise CommandError(f"--from is one of {', '.join(_FORMS)}", Exit.USAGE)
    body = sys.stdin.buffer.read() if str(path) == "-" else _bytes(path)
    media = {"csv": "text/csv", "codes": "text/plain"}.get(source) or _bills(body)
    try:
        scans = read_scans(body, with_columns(media, _given(site, column)), _aliases(aliases))
        unmapped = [*scans.faults, *_invalid(scans)]
    except DocumentError as wrong:
        if not wrong.faults:
            raise
        _tell(report, None, 0, wrong.faults, as_json)
        raise typer.Exit(Exit.FOUND) from wrong
    document = to_json(scans.document) if scans.document.events else None
    if document is not None and not as_json:
        sys.stdout.write(msgspec.json.format(document, indent=2).decode() + "\n")
    _tell(report, document, len(scans.document.events), unmapped, as_json)
    if unmapped:
        raise typer.Exit(Exit.FOUND)


def _invalid(scans: Scans) -> list[Fault]:
    return [scans.placed(fault) for fault in validate(scans.document)] if scans.document.events else []


def _bills(body: bytes) -> str:
    """Which notation the bills are in, by how they begin."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return XML if start == b"<" else JSON if start in (b"{", b"[") else CSV


def _given(site: str, columns: Sequence[str]) -> list[tuple[str, str]]:
    found = [("site", site)] if site else []
    for one in columns:
        name, equals, value = one.partition("=")
        if not equals or name not in COLUMNS or not value.isprintable() or set(value) & {'"', "\\"}:
            raise CommandError(f"--column {one[:60]!r}: name=value, the name one of {', '.join(COLUMNS)}", Exit.USAGE)
        found.append((name, value))
    return found


def _aliases(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(_bytes(path), type=dict[str, str])
    except msgspec.MsgspecError as wrong:
        raise CommandError(f"{path}: a JSON object of company ids and GLNs is expected: {wrong}", Exit.USAGE) from wrong


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", Exit.USAGE) from error


def _tell(report: Path | None, document: bytes | None, events: int, unmapped: Sequence[Fault], as_json: bool) -> None:
    rows = [{"where": fault.where, "found": fault.found, "expected": fault.expected} for fault in unmapped]
    made: dict[str, Any] = {"events": events, "unmapped": rows}
    text = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    if as_json:
        out = {"document": msgspec.Raw(document) if document is not None else None, **made}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(out), indent=2).decode() + "\n")
    if report is not None:
        report.write_bytes(text)
    elif not as_json:
        sys.stderr.write(text.decode())
