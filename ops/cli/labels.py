"""`medtrace label`: the code of a unit, ready to be printed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import typer

from ops.cli.common import AsJson, CommandError, Config, Exit, say, settings_of
from services.label.make import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE, Symbol, label_file

_HOME = "https://id.gs1.org"


def register(app: typer.Typer) -> None:
    app.command()(label)


def label(
    code: Annotated[str, typer.Argument(help="A Digital Link, an element string, `(01)...(21)...`, an SSCC.")],
    target: Annotated[Path, typer.Option("--out", help="The file to write: .svg or .png.")],
    symbol: Annotated[str, typer.Option(help="qr (holds a Digital Link) or datamatrix (GS1 DataMatrix).")] = "qr",
    lot: Annotated[str, typer.Option(help="The lot, where the code has none.")] = "",
    expiry: Annotated[str, typer.Option(help="The expiry date, ISO, where the code has none.")] = "",
    size: Annotated[int, typer.Option(help="Pixels a module.", min=MIN_SIZE, max=MAX_SIZE)] = DEFAULT_SIZE,
    base: Annotated[str, typer.Option(help=f"Where QR codes lead to.  [default: public_url, else {_HOME}]")] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write the label of a unit as SVG or PNG. Needs no server."""
    form = target.suffix.lower().lstrip(".")
    if symbol not in ("qr", "datamatrix") or form not in ("svg", "png"):
        raise CommandError("--symbol is qr or datamatrix, and --out ends in .svg or .png", Exit.USAGE)
    made = label_file(
        code,
        base or settings_of(None, config).public_url or _HOME,
        symbol=cast(Symbol, symbol),
        form="svg" if form == "svg" else "png",
        size=size,
        lot=lot,
        expiry=expiry,
        year=datetime.now(UTC).year,
    )
    target.write_bytes(made)
    say(as_json, {"file": str(target), "bytes": len(made)}, f"{target}: {len(made)} bytes")
