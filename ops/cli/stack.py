"""`medtrace stack`: the real servers and the line on them, on this machine, without a container engine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Config, Data, Exit, err, out, say, settings_of, table
from ops.cli.workers import stack_settings
from ops.settings import CONFIG, Settings, load
from ops.stack.state import Folder, State, alive, end_orphans

app = typer.Typer(no_args_is_help=True, help="Kafka, Neo4j and the line's workers on this machine.")
Without = Annotated[
    list[str] | None, typer.Option("--without", help="Leave out: fabric (embedded ledger), neo4j (SQLite graph).")
]
_OPTIONAL = ("fabric", "neo4j")
_START_S = 300.0
_END_S = 120.0


@app.command()
def up(without: Without = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Start everything and wait until it is ready. Servers are fetched once, by Maven, into the user's cache."""
    settings = settings_of(data, config)
    left_out = sorted(set(without or ()))
    if unknown := [name for name in left_out if name not in _OPTIONAL]:
        raise CommandError(f"--without {unknown[0]}: only {' and '.join(_OPTIONAL)} can be left out", Exit.USAGE)
    folder = Folder(settings)
    state = folder.read()
    if alive(state.pid):
        raise CommandError(f"the stack runs already (process {state.pid}): {state.url}", Exit.UNREACHABLE)
    if "fabric" in left_out:
        err.print("[yellow]Without Fabric: the ledger is the embedded one.[/]")
    folder.logs.mkdir(parents=True, exist_ok=True)
    chosen = str(config or os.environ.get(CONFIG) or "")
    arguments = [chosen and str(Path(chosen).absolute()), str(settings.data.absolute()), ",".join(left_out)]
    root = Path(__file__).resolve().parents[2]
    folder.write(State(phase="starting", ports=state.ports, programs=state.programs))
    with (folder.logs / "keeper.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "ops.stack.daemon", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(root)},
            start_new_session=True,
        )
    _wait(folder, child, as_json)
    state = folder.read()
    say(as_json, msgspec.to_builtins(state), f"[green]ready[/] at {state.url}   settings for other commands: {folder.config}")


def _wait(folder: Folder, child: subprocess.Popen[bytes], as_json: bool) -> None:
    deadline, told = time.monotonic() + _START_S, 0
    while (state := folder.read()).phase != "ready":
        if not as_json:
            for words in state.said[told:]:
                out.print(words, markup=False)
            told = len(state.said)
        if state.phase == "failed" or child.poll() is not None or time.monotonic() > deadline:
            raise CommandError("\n".join(["the stack did not start:", *state.said[-5:], f"see {folder.logs}"]), Exit.UNREACHABLE)
        time.sleep(0.2)


@app.command()
def down(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Stop everything in order. Nothing is lost; `up` goes on."""
    ended = _end(Folder(settings_of(data, config)))
    say(as_json, {"stopped": ended}, "stopped" if ended else "it was not running")


def _end(folder: Folder) -> bool:
    state = folder.read()
    pid = state.pid
    if not alive(pid):
        return end_orphans(folder, state) > 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_S
    while alive(pid):
        if time.monotonic() > deadline:
            raise CommandError(f"process {pid} does not stop; see {folder.logs}", Exit.UNREACHABLE)
        time.sleep(0.1)
    return True


@app.command()
def status(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """What runs, and whether it is ready."""
    state = Folder(settings_of(data, config)).read()
    running = alive(state.pid)
    state.phase = state.phase if running or state.phase == "failed" else "stopped"

    def show() -> None:
        out.print(f"{state.phase} {state.url if running else ''}")
        words = {True: "ready", False: "not ready"}
        rows = [[one.name, one.pid or "-", words[one.ready], one.restarts, one.about] for one in state.programs if running]
        table("", ("program", "process", "state", "restarts", "address"), rows, "nothing runs")

    say(as_json, msgspec.to_builtins(state), show)
    if state.phase != "ready":
        raise typer.Exit(Exit.UNREACHABLE)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="Which program; all names without it.")] = "",
    lines: Annotated[int, typer.Option("-n", help="How many lines.", min=1)] = 50,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The last lines of a program's log."""
    folder = Folder(settings_of(data, config))
    names = sorted(path.stem for path in folder.logs.glob("*.log"))
    if name not in names:
        raise CommandError(f"there are logs of: {', '.join(names) or 'nothing yet'}", Exit.USAGE)
    found = (folder.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:]
    say(as_json, {"lines": found}, lambda: out.print("\n".join(found), markup=False))


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Stop everything and forget all of the stack's data: documents, decisions, graph. Keys stay."""
    settings = settings_of(data, config)
    folder = Folder(settings)
    if not yes:
        typer.confirm(f"Delete everything that the stack in {settings.data} has taken?", abort=True)
    _end(folder)
    shutil.rmtree(folder.root, ignore_errors=True)
    for path in settings.data.glob("*.sqlite*"):
        path.unlink()
    shutil.rmtree(settings.data / "workers", ignore_errors=True)
    say(as_json, {"forgotten": True}, "forgotten")


@app.command()
def rebuild_graph(
    yes: Annotated[bool, typer.Option("--yes", help="Do it: the graph is emptied, and projected again from the log.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Empty the graph, SQLite or Neo4j; the projector, started again, projects documents, decisions and receipts from the log.
    Pages show what is there meanwhile, and say that it is catching up."""
    settings = stack_settings(_line_settings(settings_of(data, config)))
    if not yes:
        raise CommandError("this empties the graph until the log is projected again; say --yes to do it", Exit.USAGE)
    from ops.wiring import open_graph

    graph = open_graph(settings)
    try:
        graph.clear()
    finally:
        graph.close()
    ended = [one.name for one in Folder(settings).read().programs if one.name.startswith("projector") and _ends(one.pid)]
    text = f"the graph is empty; {', '.join(ended)} starts again" if ended else "the graph is empty: start its projector again"
    say(as_json, {"graph": settings.graph, "started_again": ended}, text)


def _line_settings(settings: Settings) -> Settings:
    """Those that the stack of this folder has written for its processes, where there is one."""
    written = Folder(settings).config
    return load(written) if written.exists() else settings


def _ends(pid: int) -> bool:
    """The keeper starts it again: it finds that the graph has nothing. (0 would be a signal to ourselves.)"""
    if pid <= 0:
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return False
    return True


@app.command()
def compose(
    fabric: Annotated[bool, typer.Option("--fabric", help="Print docker-compose.fabric.yml, which goes beside it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print docker-compose.yml as it follows from the plan."""
    from ops.stack import compose as made

    if fabric:
        from ops.stack import compose_fabric

        say(as_json, compose_fabric.compose_fabric(), lambda: typer.echo(compose_fabric.rendered(), nl=False))
        return
    say(as_json, made.compose(), lambda: typer.echo(made.rendered(), nl=False))
