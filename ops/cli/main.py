"""The `medtrace` command. Each module of this package adds its commands to `app`; `main` turns errors into exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from ops.cli import (
    backups,
    capturing,
    checking,
    epcis,
    keys,
    labels,
    ledger,
    papers,
    parties,
    proofs,
    registry,
    serving,
    stack,
    undecided,
    verifying,
    workers,
)
from ops.cli.common import Exit, err, exit_code
from pedigree.errors import MedtraceError

app = typer.Typer(
    name="medtrace",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Provenance of medicines and devices that a stranger can check.",
    epilog="Exit codes: 0 in order, 1 something found that is not, 2 wrong use, 3 not reachable or in use, 4 data damaged.",
)
for module in (serving, capturing, verifying, labels, backups, checking, workers):
    module.register(app)
app.add_typer(proofs.app, name="proof")
app.add_typer(papers.app, name="paper")
app.add_typer(parties.app, name="party")
app.add_typer(registry.app, name="registry")
app.add_typer(keys.app, name="key")
app.add_typer(ledger.app, name="ledger")
app.add_typer(stack.app, name="stack")
app.add_typer(epcis.app, name="epcis")
app.add_typer(undecided.app, name="undecided")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="medtrace")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.USAGE
    except MedtraceError as error:
        code = exit_code(error)
        if "--json" in given:
            typer.echo(json.dumps({"error": str(error), "kind": type(error).__name__, "code": int(code)}, ensure_ascii=False))
        else:
            for line in str(error).splitlines():
                err.print(f"[bold red]medtrace:[/] {_plain(line)}", soft_wrap=True)
        return code
    except KeyboardInterrupt:
        return 130
    return Exit.OK


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def main() -> NoReturn:
    """What the launcher starts."""
    sys.exit(run())
