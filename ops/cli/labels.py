"""`medtrace label`: the code of a unit, ready to be printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer

from ops.cli.common import DEFAULT_URL, AsJson, CommandError, Exit, Url, say
from ops.client import Client
from pedigree.identifiers import parse_scan

_SYMBOLS = {"qr": "qr", "datamatrix": "datamatrix"}


def register(app: typer.Typer) -> None:
    app.command()(label)


def label(
    code: Annotated[str, typer.Argument(help="A Digital Link or an element string of the unit.")],
    target: Annotated[Path, typer.Option("--out", help="The file to write: .svg or .png.")],
    symbol: Annotated[str, typer.Option(help="qr (a Digital Link) or datamatrix (GS1 DataMatrix).")] = "qr",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Write the label of a unit as SVG or PNG."""
    form = target.suffix.lower().lstrip(".")
    if symbol not in _SYMBOLS or form not in ("svg", "png"):
        raise CommandError("--symbol is qr or datamatrix, and --out ends in .svg or .png", Exit.USAGE)
    path = quote(urlsplit(parse_scan(code).uri).path, safe="/%")
    with Client(url) as client:
        made = client.get(f"/label{path}", accept="*/*", symbol=symbol, format=form).content
    target.write_bytes(made)
    say(as_json, {"file": str(target), "bytes": len(made)}, f"{target}: {len(made)} bytes")
