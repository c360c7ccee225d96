"""`medtrace verify` and `medtrace status`: what the server says about a code, and about itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.cli.common import DEFAULT_URL, AsJson, CommandError, Exit, Url, out, say, table
from ops.client import Client, RefusedError, UnreachableError

_ALARMS = {
    "RECALLED", "INTEGRITY", "SUSPECT", "SOLD_MULTIPLE", "SOLD_ELSEWHERE", "EXPIRED", "UNKNOWN", "UNREADABLE", "CHECK_DIGIT",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command()(verify)
    app.command()(status)


def verify(
    code: Annotated[str, typer.Argument(help="What the scanner read: a Digital Link, an element string, a 20-digit code.")],
    url: Url = DEFAULT_URL,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Ask the server about a pack, case or pallet. Exit code 1 when the pack should not be used as it is."""
    with Client(url) as client:
        try:
            found: dict[str, Any] = client.get("/q", code=code, lang=lang).json()
        except RefusedError as error:
            if error.status not in (400, 404, 422):
                raise
            raise CommandError(f"this code can't be read: {error}", Exit.FOUND) from error
    outcomes = found.get("outcomes", [])

    def text() -> None:
        for one in outcomes:
            name = one.get("code", "")
            out.print(f"[bold {'red' if name in _ALARMS else 'green'}]{name}[/]  {one.get('text', '')}")
            if one.get("action"):
                out.print(f"  {one['action']}")
        _describe(found)

    say(as_json, found, text)
    if any(one.get("code") in _ALARMS for one in outcomes):
        raise typer.Exit(Exit.FOUND)


def _describe(found: dict[str, Any]) -> None:
    """The page in a few lines."""
    record, sale, evidence = found.get("record") or {}, found.get("sale") or {}, found.get("evidence") or {}
    if found.get("question"):
        where = f"{sale.get('by', '')} in {sale.get('city', '')}, {sale.get('firstDay', '')}"
        out.print(f"[bold yellow]sold[/]  {where}: if that was not you, there and then, do not use it", soft_wrap=True)
    for name, value in (
        ("unit", found.get("uri")),
        ("product", " - ".join(filter(None, (found.get("product"), found.get("maker"))))),
        ("lot, expiry", f"{record.get('lot', '')} {record.get('expiry', '')}".strip()),
        ("record", f"{record.get('status', '')}, {record.get('verdict', '')}, chain {record.get('chain', '')}" if record else ""),
        ("anchored", f"{evidence.get('anchored')} of {evidence.get('records')} entries" if evidence.get("records") else ""),
        ("proof", found.get("proof")),
    ):
        if value:
            out.print(f"{name:<12} {value}", markup=False)
    for step in found.get("journey", []):
        out.print(f"  {step['since']['local']}  {step['text']}", markup=False)


def status(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """How the server is, and why it is not ready if it is not. Exit code 1 when it is not ready, 3 when it does not answer."""
    with Client(url, attempts=1) as client:
        try:
            found: dict[str, Any] = client.get("/health").json()
        except RefusedError as error:
            raise UnreachableError(f"{url} is no Medtrace server: {error}") from error
    reasons = found.get("reasons", [])

    def text() -> None:
        out.print(f"[bold {'red' if reasons else 'green'}]{found.get('status')}[/] {url}")
        for reason in reasons:
            out.print(f"  - {reason}", markup=False)
        plain = [(name, value) for name, value in found.items() if not isinstance(value, (list, dict)) and name != "status"]
        table("", ("", ""), plain, "")
        positions = (found.get("writer") or {}).get("positions") or {}
        table("Positions of the writer", ("step", "position"), list(positions.items()), "the writer has not said anything yet")

    say(as_json, found, text)
    if reasons:
        raise typer.Exit(Exit.FOUND)
