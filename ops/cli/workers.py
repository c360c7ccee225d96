"""`medtrace worker`: one process of the stack's line."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ops.cli.common import CommandError, Config, Data, Exit, settings_of
from ops.settings import Settings


class RoleName(StrEnum):
    """The roles, in the order in which data passes them."""

    SPLITTER = "splitter"
    CUSTODY = "custody"
    LEDGER = "ledger"
    PROJECTOR = "projector"
    TICKER = "ticker"


def register(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    role: Annotated[RoleName, typer.Argument(help="What it does.")],
    name: Annotated[str | None, typer.Option(help="Its lasting name: one for each process of a role.")] = None,
    port: Annotated[int | None, typer.Option(help="The port of its health and metrics, 0 = any.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Run one worker of the stack until SIGTERM or Ctrl+C; several of a role share its partitions."""
    settings = stack_settings(settings_of(data, config, worker=name, worker_port=port))
    from ops.worker import work  # the transport's libraries take their time to load

    raise typer.Exit(work(settings, role.value))


def stack_settings(settings: Settings) -> Settings:
    """The same settings, when they are those of a stack; CommandError otherwise."""
    if settings.backend != "stack":
        raise CommandError('backend is "embedded", where `medtrace serve` does all the work: set backend = "stack"', Exit.USAGE)
    return settings
