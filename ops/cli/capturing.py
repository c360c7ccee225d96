"""`medtrace capture`: send EPCIS documents and wait for their verdicts."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.cli.common import DEFAULT_URL, AsJson, CommandError, Exit, Key, Url, err, out, progress_bar, say, table
from ops.client import Client, Progress, RefusedError
from ops.clock import now_ms
from ops.secretfile import read_secret
from pedigree.errors import SealError
from pedigree.seal import HEADER, PrivateKey, encode_seal, seal_document

_SHOWN = 5
_TYPES = {".xml": "application/xml", ".json": "application/json", ".jsonld": "application/ld+json"}


def register(app: typer.Typer) -> None:
    app.command()(capture)


def capture(
    files: Annotated[list[str], typer.Argument(help="EPCIS documents, JSON or XML; - reads standard input.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    wait: Annotated[bool, typer.Option(help="Wait until everything is decided.")] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = 600.0,
    proceed: Annotated[bool, typer.Option("--proceed", help="Take the good events of a document that has bad ones.")] = False,
    seal: Annotated[str, typer.Option(help="Seal each document: `PARTY:FILE` with the SM2 key's file.")] = "",
    cacert: Annotated[str, typer.Option(help="A PEM file of the authority that signed the server's certificate.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send EPCIS documents. Exit code 1 when one is refused or an event is not confirmed."""
    bodies = [(name, *_read(name)) for name in files]
    sealing = _sealing(seal) if seal else None
    refused: list[dict[str, Any]] = []
    jobs: dict[str, str] = {}
    done: list[Progress] = []
    with Client(url, key, cacert=cacert) as client, progress_bar(as_json) as bar:
        task = bar.add_task("sending", total=len(bodies))
        for name, body, content_type in bodies:
            headers = {"GS1-Capture-Error-Behaviour": "proceed"} if proceed else {}
            if sealing:
                headers[HEADER] = encode_seal(seal_document(body, *sealing))
            try:
                jobs[client.capture(body, content_type, headers)] = name
            except RefusedError as error:
                if error.status in (401, 403):
                    raise CommandError(f"{name}: {error}", Exit.USAGE) from error
                refused.append({"file": name, "status": error.status, "detail": str(error), "faults": error.faults})
            bar.advance(task)
        if wait and jobs:
            task = bar.add_task("deciding", total=len(jobs))
            for progress in client.wait(jobs, timeout):
                done.append(progress)
                bar.advance(task)
    _report(as_json, jobs, refused, done)
    odd = any(progress.errors or set(progress.verdicts) - {"confirmed"} for progress in done)
    if refused or odd:
        raise typer.Exit(Exit.FOUND)


def _report(as_json: bool, jobs: dict[str, str], refused: list[dict[str, Any]], done: list[Progress]) -> None:
    verdicts, findings = Counter[str](), Counter[str]()
    for progress in done:
        verdicts.update(progress.verdicts)
        findings.update(progress.findings)
    value = {
        "jobs": [{"id": id, "file": name} for id, name in jobs.items()],
        "events": sum(progress.events for progress in done),
        "verdicts": dict(verdicts),
        "findings": dict(findings),
        "refused": refused,
    }

    def text() -> None:
        for one in refused:
            err.print(f"[red]{one['file']} was refused:[/] {one['detail']}")
            for fault in one["faults"][:_SHOWN]:
                err.print(f"  {fault.get('where')}: found {fault.get('found')}, expected {fault.get('expected')}", markup=False)
        for id, name in jobs.items() if len(jobs) <= _SHOWN else ():
            out.print(f"{name}: job {id}", markup=False)
        out.print(f"{len(jobs)} documents taken, {len(refused)} refused, {value['events']} events decided")
        if done:
            table("Verdicts", ("verdict", "units"), sorted(verdicts.items()), "no verdicts: the documents name no units")
        if findings:
            table("Findings", ("finding", "units"), sorted(findings.items()), "")

    say(as_json, value, text)


def _read(name: str) -> tuple[bytes, str]:
    if name == "-":
        body = sys.stdin.buffer.read()
        return body, "application/xml" if body.lstrip()[:1] == b"<" else "application/json"
    path = Path(name)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror}", Exit.USAGE) from error
    kind = _TYPES.get(path.suffix.lower())
    return body, kind or ("application/xml" if body.lstrip()[:1] == b"<" else "application/json")


def _sealing(text: str) -> tuple[PrivateKey, str, int]:
    party, _, file = text.partition(":")
    if not file:
        raise CommandError("--seal is written PARTY:FILE, a GLN and the file of its SM2 key", Exit.USAGE)
    try:
        return PrivateKey.from_pem(read_secret(Path(file), "--seal").encode()), party, now_ms()
    except SealError as broken:
        raise CommandError(f"--seal: {broken}", Exit.USAGE) from broken
