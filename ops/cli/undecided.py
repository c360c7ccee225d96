"""`medtrace undecided`: what no step could decide. Nothing of it is lost: it waits here with its bytes and the reason."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, out, say, settings_of, table
from ops.settings import Settings
from ops.undecided import Undecided, find, send_again, undecided
from ops.wiring import open_log
from pedigree.ports import EventLog

app = typer.Typer(no_args_is_help=True, help="What no step could decide: list, show, send again.")
Name = Annotated[str, typer.Argument(help="Its name, as `list` shows it.")]


@app.command("list")
def list_(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Everything that could not be decided, oldest first."""
    with _log(existing(settings_of(data, config))) as log:
        found = list(undecided(log))
    rows = [(one.name, len(one.raw), one.reason) for one in found]
    say(
        as_json,
        {"undecided": [{"name": name, "bytes": size, "reason": reason} for name, size, reason in rows]},
        lambda: table("", ("name", "bytes", "reason"), rows, "everything could be decided"),
    )
    if found:
        raise typer.Exit(Exit.FOUND)


@app.command()
def show(name: Name, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """The reason and the raw bytes (base64)."""
    with _log(existing(settings_of(data, config))) as log:
        one = _found(log, name)
    raw = base64.b64encode(one.raw).decode()
    say(as_json, {"name": one.name, "reason": one.reason, "raw": raw}, lambda: out.print(f"{one.reason}\n{raw}", markup=False))


@app.command()
def resend(name: Name, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Put it before the custody step once more, after the cause was mended. What was already decided is not doubled."""
    with _log(existing(settings_of(data, config))) as log:
        count = send_again(log, _found(log, name))
    say(as_json, {"name": name, "observations": count}, f"{count} observations of {name} sent again")


@contextmanager
def _log(settings: Settings) -> Iterator[EventLog]:
    log = open_log(settings)
    try:
        yield log
    finally:
        log.close()


def _found(log: EventLog, name: str) -> Undecided:
    one = find(log, name)
    if one is None:
        raise CommandError(f"nothing undecided is named {name!r}: see `medtrace undecided list`", Exit.USAGE)
    return one
