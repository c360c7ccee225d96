"""`python -m ops.fabric up|down|status|logs|reset`: the native network alone, without the rest of the stack. `make` and `join`
are for one in containers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.fabric.network import Network
from ops.fabric.plan import Ordering, load_plan, make_plan
from pedigree.errors import MedtraceError, SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Where = Annotated[Path, typer.Option("--folder", help="Where the network lives: configuration, keys, ledgers, logs.")]
FOLDER = Path("fabric-network")


@app.command()
def up(folder: Where = FOLDER, ordering: Annotated[str, typer.Option(help="raft or bft, when it is made")] = "raft") -> None:
    """Make it if there is none, start what does not run, wait for a first committed transaction."""
    network = Network(folder)
    if load_plan(network.folder) is None:
        network.make(make_plan(_ordering(ordering)))
    network.start(typer.echo)
    status(folder)


@app.command()
def make(folder: Where = FOLDER, ordering: Annotated[str, typer.Option(help="raft or bft")] = "raft") -> None:
    """Make the material of a network in containers (docker-compose.fabric.yml): certificates, first block, configuration."""
    network = Network(folder)
    network.make(make_plan(_ordering(ordering), containers=True))
    typer.echo(f"made: {network.folder.root}")


@app.command()
def join(folder: Where = FOLDER) -> None:
    """Let the running containers join the channel, install and approve the contract."""
    Network(folder).join(typer.echo)


@app.command()
def down(folder: Where = FOLDER) -> None:
    """Stop all processes; everything is kept."""
    Network(folder).stop()


@app.command()
def status(folder: Where = FOLDER) -> None:
    """Which processes run."""
    for one in Network(folder).status():
        typer.echo(f"{one.name:<22} {'pid ' + str(one.pid) if one.pid else 'stopped':<12} {one.port or ''}")


@app.command()
def logs(name: str, folder: Where = FOLDER, lines: int = 40) -> None:
    """The last lines of one process's log."""
    typer.echo("\n".join(Network(folder).logs(name, lines)))


@app.command()
def reset(folder: Where = FOLDER) -> None:
    """Stop it and remove everything: ledgers, keys, logs."""
    Network(folder).reset()


def _ordering(text: str) -> Ordering:
    if text == "raft":
        return "raft"
    if text == "bft":
        return "bft"
    raise SettingsError(f"ordering {text!r}: raft or bft")


if __name__ == "__main__":
    try:
        app(prog_name="python -m ops.fabric")
    except MedtraceError as error:
        typer.echo(f"fabric: {error}", err=True)
        sys.exit(2)
