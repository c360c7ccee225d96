"""`medtrace paper`: hand in inspection reports and certificates, get them back, list them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import parse_qs, urlsplit

import typer

from ops.cli.common import DEFAULT_URL, AsJson, CommandError, Exit, Key, Url, say, table
from ops.client import Client
from pedigree.facts import PaperKind
from pedigree.papers import is_name, named
from pedigree.seal import sm3

app = typer.Typer(no_args_is_help=True, help="Papers: inspection reports and certificates that events name.")
_TYPES = {
    ".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".txt": "text/plain",
    ".xml": "application/xml",
}  # fmt: skip
Cacert = Annotated[str, typer.Option(help="A PEM file of the authority that signed the server's certificate.")]


@app.command()
def put(
    file: Annotated[Path, typer.Argument(help=f"The paper: {' '.join(_TYPES)}")],
    kind: Annotated[str, typer.Option(help=" | ".join(get_args(PaperKind)))] = "inspection_report",
    title: Annotated[str, typer.Option(help="What it is called; the file's name if not given.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
    cacert: Cacert = "",
    as_json: AsJson = False,
) -> None:
    """Hand a paper in. What is printed goes into `certificationInfo` of the events that it is about."""
    media = _TYPES.get(file.suffix.lower())
    if media is None:
        raise CommandError(f"{file}: papers end in {' '.join(_TYPES)}", Exit.USAGE)
    if kind not in get_args(PaperKind):
        raise CommandError(f"there is no kind {kind!r}; kinds are {', '.join(get_args(PaperKind))}", Exit.USAGE)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}", Exit.USAGE) from error
    with Client(url, key, cacert=cacert) as client:
        answer = client.hand_in(body, media, kind, title or file.stem)
    shown = {**answer.json(), "new": answer.status_code == 201}
    say(as_json, shown, f"{shown['uri']}" + ("" if shown["new"] else "\n[dim]it was handed in before[/]"))


@app.command()
def get(
    paper: Annotated[str, typer.Argument(help="Its SM3, or the urn:medtrace:paper:sm3:... of an event.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it; nothing is overwritten.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    cacert: Cacert = "",
    as_json: AsJson = False,
) -> None:
    """Get a paper that your party handed in, or any as the regulator. Exit code 4 when it is not what its name says."""
    name = named(paper) or paper
    if not is_name(name):
        raise CommandError(f"{paper[:100]} is no paper's name: 64 hexadecimal digits in lower case", Exit.USAGE)
    with Client(url, key, cacert=cacert) as client:
        data = client.get(f"/papers/{name}", "*/*").content
    if sm3(data).hex() != name:
        raise CommandError(f"what the server gave is not paper {name}", Exit.BROKEN)
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise CommandError(f"{output} can't be written: {error.strerror}", Exit.USAGE) from error
    say(as_json, {"hash": name, "size": len(data), "file": str(output)}, f"{len(data)} bytes, checked")


@app.command("list")
def list_(url: Url = DEFAULT_URL, key: Key = "", cacert: Cacert = "", as_json: AsJson = False) -> None:
    """What your party handed in, newest first."""
    found: list[dict[str, Any]] = []
    with Client(url, key, cacert=cacert) as client:
        more: dict[str, str] = {}
        while True:
            answer = client.get("/papers", perPage="1000", **more)
            found += answer.json()
            following = answer.links.get("next", {}).get("url", "")
            if not following:
                break
            more = {"nextPageToken": parse_qs(urlsplit(following).query)["nextPageToken"][0]}

    def text() -> None:
        rows = [(one["given"], one["kind"], one["title"], one["size"], one["hash"]) for one in found]
        table("Papers", ("handed in", "kind", "title", "bytes", "SM3"), rows, "no papers were handed in")

    say(as_json, {"papers": found}, text)
