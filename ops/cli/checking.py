"""`medtrace check`, `replay`, `audit`: is what the stores say what follows from the documents?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from ops.cli.common import AsJson, Config, Data, Exit, err, existing, out, progress_bar, say, settings_of
from ops.layout import FolderLock, Layout


def register(app: typer.Typer) -> None:
    app.command()(check)
    app.command()(replay)
    app.command()(audit)


def check(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Recompute everything from the documents and name every row of custody, ledger and graph that differs."""
    from ops.check import check as recheck

    settings = existing(settings_of(data, config))
    with progress_bar(as_json) as bar:
        found = recheck(settings, _progress(bar))
    _report(as_json, found, "custody, ledger and graph are what follows from the documents")


def audit(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Derive the ledger's leaves again from the documents and check every seal."""
    from ops.check import audit as reaudit

    settings = existing(settings_of(data, config))
    with progress_bar(as_json) as bar:
        found = reaudit(settings, _progress(bar))
    _report(as_json, found, "every leaf follows from a document, every seal holds")


def replay(
    yes: Annotated[bool, typer.Option("--yes", help="Do it: the derived stores are thrown away and built again.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Build custody store and graph again from the log. The server must not run."""
    from ops.check import replay as rebuild

    settings = existing(settings_of(data, config))
    if not yes:
        err.print("this throws the derived stores away and builds them again from the log; say --yes to do it")
        raise typer.Exit(Exit.USAGE)
    lock = FolderLock(Layout(settings.data), "medtrace replay")
    try:
        with progress_bar(as_json) as bar:
            done = rebuild(settings, _progress(bar))
    finally:
        lock.release()
    say(as_json, {"replayed": done}, f"built again from {done} decisions messages")


def _progress(bar: Progress) -> Callable[[str, int, int], None]:
    """What the long functions call: (what is being done, how much of it, of how much in all; 0 = not known)."""
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, whole: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=whole or None)
        bar.update(tasks[what], completed=done, total=whole or None)

    return report


def _report(as_json: bool, found: Sequence[object], fine: str) -> None:
    words = [str(one) for one in found]

    def text() -> None:
        if not words:
            out.print(f"[green]{fine}[/]")
            return
        for word in words:
            out.print(word, markup=False)
        out.print(f"[bold red]{len(words)} differences[/]")

    say(as_json, {"differences": words}, text)
    if words:
        raise typer.Exit(Exit.FOUND)
