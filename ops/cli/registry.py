"""`medtrace registry`: everything else that is stated once and used everywhere: products, recalls, delegations, devices."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, say, settings_of, table
from ops.clock import now_ms
from ops.facts import open_facts
from pedigree.facts import KINDS, OPERATOR
from pedigree.messages import Fact

app = typer.Typer(no_args_is_help=True, help="Facts: products, recalls, holds, delegations, devices, lane norms.")


class Stated(msgspec.Struct, forbid_unknown_fields=True):
    """One fact as people write it."""

    kind: str
    key: str
    value: dict[str, Any]


@app.command()
def state(
    file: Annotated[str, typer.Argument(help='JSON: {"kind", "key", "value"} or a list of such; - reads standard input.')],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """State facts, all of them or none. A fact of the same kind and key replaces the earlier one."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else open(file, "rb").read()  # noqa: SIM115 - read at once
        stated = msgspec.json.decode(raw, type=list[Stated] | Stated)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}", Exit.USAGE) from error
    except msgspec.MsgspecError as error:
        raise CommandError(f"{file}: {error}", Exit.USAGE) from error
    now = now_ms()
    made = [Fact(one.kind, one.key, one.value, now, OPERATOR) for one in (stated if isinstance(stated, list) else [stated])]
    with open_facts(settings_of(data, config)) as facts:
        version = facts.state(*made)
    say(as_json, {"facts": len(made), "version": version}, f"{len(made)} facts stated (registry version {version})")


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The facts of one kind as they stand now."""
    if kind not in KINDS:
        raise CommandError(f"there is no kind {kind!r}; kinds are {', '.join(KINDS)}", Exit.USAGE)
    with open_facts(existing(settings_of(data, config))) as facts:
        found = facts.all(kind)
    values = [msgspec.to_builtins(one) for one in found]
    rows = [(one.pop("id"), json.dumps(one, ensure_ascii=False)) for one in ({**value} for value in values)]
    say(as_json, {"kind": kind, "facts": values}, lambda: table(kind, ("key", "value"), rows, f"no facts of kind {kind}"))
