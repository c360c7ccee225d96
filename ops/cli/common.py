"""What all commands share: options, exit codes, and one way to say things to a person or to a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ops.client import RefusedError, UnreachableError
from ops.layout import LockedError
from ops.settings import Settings, load
from pedigree import errors
from pedigree.errors import MedtraceError


class Exit(IntEnum):
    """What the exit code tells a script."""

    OK = 0
    FOUND = 1
    """The command worked, and what it looked at is not in order: a rejected event, a suspect pack, a false proof."""
    USAGE = 2
    """Options, settings, or an API key that can't work; the message says what to change."""
    UNREACHABLE = 3
    """The server does not answer, or the data folder is in use by another one. Trying again later may help."""
    BROKEN = 4
    """A file of the data folder is damaged, missing, or ahead of its log."""


class CommandError(MedtraceError):
    """Ends a command with a message and a code of its own."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


_CODES: tuple[tuple[type[MedtraceError], Exit], ...] = (
    (LockedError, Exit.UNREACHABLE),
    (UnreachableError, Exit.UNREACHABLE),
    (errors.LogUnreachableError, Exit.UNREACHABLE),
    (RefusedError, Exit.USAGE),
    (errors.SettingsError, Exit.USAGE),
    (errors.IdentifierError, Exit.USAGE),
    (errors.DocumentError, Exit.USAGE),
    (errors.ProofError, Exit.FOUND),
    (errors.SealError, Exit.FOUND),
    (errors.MedtraceError, Exit.BROKEN),
)


def exit_code(error: MedtraceError) -> Exit:
    """The code that an error ends the command with."""
    if isinstance(error, CommandError):
        return error.code
    return next(code for kind, code in _CODES if isinstance(error, kind))


Data = Annotated[
    Path | None, typer.Option("--data", help="The data folder (MEDTRACE_DATA, else ./data).", show_default=False)
]
Config = Annotated[
    Path | None, typer.Option("--config", help="A TOML file with settings (MEDTRACE_CONFIG).", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Url = Annotated[str, typer.Option("--url", envvar="MEDTRACE_URL", help="The address of the server.")]
Key = Annotated[
    str, typer.Option("--key", envvar="MEDTRACE_API_KEY", help="An API key of your party.", show_envvar=True, show_default=False)
]
DEFAULT_URL = "http://127.0.0.1:8000"

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False)


def settings_of(data: Path | None, config: Path | None, **options: Any) -> Settings:
    """The settings with this command's options on top."""
    return load(config, data=data, **options)


def existing(settings: Settings) -> Settings:
    """The same settings, when there is a data folder; CommandError otherwise."""
    made = settings.data / ("keys" if settings.backend == "stack" else "log")
    if not made.is_dir():
        raise CommandError(
            f"there is no data folder at {settings.data}: choose it with --data, or make one with `medtrace key init`", Exit.USAGE
        )
    return settings


def say(as_json: bool, value: Mapping[str, Any], text: Callable[[], object] | str = "") -> None:
    """Print the answer: `value` for programs, or else `text` (markup, or a function that prints)."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False, default=str))
    elif callable(text):
        text()
    elif text:
        out.print(text)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Print rows, or say that there are none."""
    if not rows:
        out.print(empty)
        return
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(made)


def progress_bar(as_json: bool = False) -> Progress:
    """A bar on stderr, so that stdout stays clean; silent with --json and where stderr is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=as_json or not err.is_terminal,
        transient=False,
    )
