"""`medtrace check`, `replay`, `audit`: is what the stores say what follows from the documents?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.progress import Progress, TaskID

from ops.cli.common import AsJson, Config, Data, Exit, err, existing, out, progress_bar, say, settings_of, table
from pedigree.times import parse_time

if TYPE_CHECKING:
    from ops.check import Audit, Difference
    from ops.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(check)
    app.command()(replay)
    app.command()(audit)


def check(
    quick: Annotated[bool, typer.Option("--quick", help="From the decisions only: documents are not judged again.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Recompute everything from the documents and name every row of custody, ledger and graph that differs, and every paper that
    does not open. May run beside a server. Exit code 1 when something differs."""
    from ops.check import check as recheck

    settings = existing(settings_of(data, config))
    with progress_bar(as_json) as bar:
        found = recheck(settings, _progress(bar), quick=quick)
    source = "the decisions" if quick else "the documents"
    _report(as_json, found, {}, lambda: out.print(f"[green]custody, ledger and graph are what follows from {source}[/]"))


def audit(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Derive the ledger's leaves again from the documents; check every seal, stamp and device journal, party by party. May run
    beside a server. Exit code 1 when something does not hold."""
    from ops.check import audit as reaudit

    settings = existing(settings_of(data, config))
    with progress_bar(as_json) as bar:
        found = reaudit(settings, _progress(bar))
    more = {
        "parties": {party: {**msgspec.to_builtins(one), "gateway": one.gateway} for party, one in found.parties.items()},
        "leaves": found.leaves,
        "anchored": found.anchored,
        "waiting": found.waiting,
    }
    _report(as_json, found.differences, more, lambda: _audited(found))


def replay(
    yes: Annotated[bool, typer.Option("--yes", help="Do it: the derived stores are thrown away and built again.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="custody, graph or ledger; may be given again.")] = None,
    rules: Annotated[int, typer.Option(help="Write nothing: report what this version of the rules would change.")] = 0,
    since: Annotated[str, typer.Option(help="With --rules: as if it had been in force since this record time.")] = "",
    limit: Annotated[int, typer.Option(help="With --rules: how many changed units are listed.", min=0)] = 20,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Build custody store and graph again from the log, and the ledger where its file is lost. The server must not run.

    With --rules nothing is built: every document is judged twice on the side, and what would change is reported. A server may
    run.
    """
    from ops.check import replay as rebuild
    from ops.check.replay import STORES

    settings = existing(settings_of(data, config))
    if rules:
        _report_rules(settings, rules, since, limit, as_json)
        return
    if unknown := sorted(set(only or ()) - set(STORES)):
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(STORES)}", param_hint="--only")
    if not yes:
        err.print("this throws the derived stores away and builds them again from the log; say --yes to do it")
        raise typer.Exit(Exit.USAGE)
    with progress_bar(as_json) as bar:
        done = rebuild(settings, _progress(bar), only or STORES)

    def text() -> None:
        out.print(f"built again from {done.messages} decisions messages: {', '.join(done.built) or 'nothing'}")
        for note in done.notes:
            out.print(f"[yellow]{note}[/]")

    say(as_json, {"replayed": done.messages, "built": done.built, "notes": done.notes}, text)


def _report_rules(settings: Settings, version: int, since: str, limit: int, as_json: bool) -> None:
    from ops.check import effect_of

    with progress_bar(as_json) as bar:
        found = effect_of(settings, version, parse_time(since) if since else 0, _progress(bar))

    def text() -> None:
        moved = [(name, *pair, f"{pair[1] - pair[0]:+d}") for name, pair in found.findings.items() if pair[0] != pair[1]]
        table(f"Findings by version {version} instead", ("finding", "now", "then", ""), moved, "no finding would change")
        words = [(name, *pair, f"{pair[1] - pair[0]:+d}") for name, pair in found.words.items()]
        table("Units", ("shown as", "now", "then", ""), words, "no units")
        rows = [
            (one.unit, one.before, one.after, ", ".join(one.gone), ", ".join(one.new)) for one in found.changed[:limit]
        ]
        table("Changed units", ("unit", "now", "then", "no longer", "instead"), rows, "no unit would change")
        out.print(f"{len(found.changed)} of {found.units} units would be judged in another way")

    say(as_json, msgspec.to_builtins(found), text)


def _progress(bar: Progress) -> Callable[[str, int, int], None]:
    """What the long functions call: (what is being done, how much of it, of how much in all; 0 = not known)."""
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, whole: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=whole or None)
        bar.update(tasks[what], completed=done, total=whole or None)

    return report


def _audited(found: Audit) -> None:
    columns = ("party", "documents", "events", "sealed", "attested by the gateway only", "with a device journal")
    rows = [(party, n.documents, n.events, n.sealed, n.gateway, n.journaled) for party, n in found.parties.items()]
    table("Events by the party that attested them", columns, rows, "no documents")
    out.print(f"{found.leaves} leaves derived again, {found.anchored} of them on the ledger, {found.waiting} not decided yet")
    if not found.differences:
        out.print("[green]every leaf follows from a document, every seal holds[/]")


def _report(as_json: bool, found: Sequence[Difference], more: dict[str, Any], fine: Callable[[], None]) -> None:
    def text() -> None:
        if more or not found:
            fine()
        for one in found:
            out.print(str(one), markup=False)
        if found:
            out.print(f"[bold red]{len(found)} differences[/]")

    values = [{**msgspec.to_builtins(one), "text": str(one)} for one in found]
    say(as_json, {"differences": values, **more}, text)
    if found:
        raise typer.Exit(Exit.FOUND)
