"""`medtrace ledger`: lanes, batches, transactions and parties as they stand, and whether they can be believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ledger.checkpoints import check_lanes
from ledger.embedded import EmbeddedLedger
from ledger.port import Ledger
from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, out, say, settings_of, table
from ops.clock import now_ms
from ops.layout import Layout
from pedigree.errors import SealError
from pedigree.proof import decode_batch
from pedigree.seal import decode_keyring
from pedigree.times import format_time

if TYPE_CHECKING:
    from ledger.fabric.index import Index

app = typer.Typer(no_args_is_help=True, help="The ledger: lanes, batches, transactions, and whether they can be believed.")
IndexFile = Annotated[
    Path | None,
    typer.Option("--index", help="The index of a Fabric channel; the data folder's ledger if not given.", show_default=False),
]
INDEX = "fabric.sqlite"
"""Name of the index in a data folder whose ledger is on Fabric."""


@app.command()
def lanes(data: Data = None, config: Config = None, index: IndexFile = None, as_json: AsJson = False) -> None:
    """Every lane: how far it is, and what its latest checkpoint covers."""
    ledger = _open(data, config, index)
    rows: list[dict[str, Any]] = []
    for generation, partition, head in ledger.lanes():
        checkpoint = ledger.checkpoint(generation, partition)
        rows.append(
            {
                "lane": f"{generation}/{partition}",
                "batches": head.size,
                "decisions": head.next,
                "checkpoint": format_time(checkpoint.time_ms) if checkpoint is not None else None,
                "covers": checkpoint.size if checkpoint is not None else 0,
                "signers": [entry.signer for entry in checkpoint.signatures] if checkpoint is not None else [],
            }
        )
    cells = [[*list(row.values())[:5], ", ".join(row["signers"])] for row in rows]
    columns = ("lane", "batches", "decisions", "checkpoint", "covers", "signed by")
    say(as_json, {"lanes": rows}, lambda: table("lanes", columns, cells, "the ledger is empty"))
    ledger.close()


@app.command()
def batch(
    where: Annotated[str, typer.Argument(help="generation/partition/index, as in a proof or a log: 0/3/17.")],
    data: Data = None, config: Config = None, index: IndexFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """One batch: its receipt, and on Fabric the transaction that brought it."""
    ledger = _open(data, config, index)
    generation, partition, number = _numbers(where)
    found = ledger.receipts(generation, partition, number, 1)
    if not found or found[0].batch != number:
        raise CommandError(f"there is no batch {where}", Exit.FOUND)
    receipt, record = found[0], decode_batch(found[0].record)
    value: dict[str, Any] = {
        "batch": where,
        "committed": format_time(receipt.committed_ms),
        "decisions": f"{record.first} to {record.last}",
        "leaves": record.leaf_count,
        "root": record.root.hex(),
        "lane_root": receipt.root.hex(),
        "agreed": receipt.agreed,
        "disputed": [[unit.hex(), n] for unit, n in receipt.disputed],
        "unjudged": [[unit.hex(), n] for unit, n in receipt.unjudged],
    }
    if not isinstance(ledger, EmbeddedLedger):
        brought = _fabric(ledger).transaction_of(generation, partition, number)
        if brought is not None:
            value |= {"transaction": brought.id, "block": brought.block, "endorsers": list(brought.endorsers)}
            value |= {"transaction_time": format_time(brought.time_ms), "apart_ms": brought.apart_ms, "flagged": brought.flagged}
    say(as_json, value, lambda: _pairs(value))
    ledger.close()


@app.command()
def tx(
    id: Annotated[str, typer.Argument(help="A transaction's id, or how it begins.")],
    data: Data = None, config: Config = None, index: IndexFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """One transaction of a Fabric channel: who sent it, who endorsed it, what became of it."""
    ledger = _fabric(_open(data, config, index))
    found = ledger.transaction(id.lower())
    if not found:
        raise CommandError(f"there is no transaction {id}", Exit.FOUND)
    rows = [row._asdict() | {"time": format_time(row.time_ms), "flagged": row.flagged} for row in found]
    cells = [
        [row.id[:16], row.block, "valid" if row.code == 0 else f"invalid ({row.code})", row.member, row.function,
         ", ".join(row.endorsers), format_time(row.time_ms),
         f"{(row.apart_ms or 0) // 60_000} min from its record times" if row.flagged else ""]
        for row in found
    ]  # fmt: skip
    columns = ("transaction", "block", "judged", "by", "function", "endorsed by", "time", "flagged")
    say(as_json, {"transactions": rows}, lambda: table("transactions", columns, cells, ""))
    ledger.close()


@app.command()
def party(
    name: Annotated[str, typer.Argument(help="One party's history; all parties if not given.")] = "",
    data: Data = None, config: Config = None, index: IndexFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Parties as the regulator wrote them on a Fabric channel."""
    ledger = _fabric(_open(data, config, index))
    found = ledger.parties(name)
    rows = [
        {"party": one.party, "revision": one.revision, "role": one.role, "glns": one.glns, "keys": [k.key_id for k in one.keys]}
        for one in found
    ]
    cells = [[one.party, one.revision, one.role, ", ".join(one.glns), len(one.keys), len(one.delegations)] for one in found]
    columns = ("party", "revision", "role", "GLNs", "keys", "delegations")
    say(as_json, {"parties": rows}, lambda: table("parties", columns, cells, "there are no parties"))
    ledger.close()


@app.command()
def verify(
    data: Data = None, config: Config = None, index: IndexFile = None,
    keys: Annotated[Path | None, typer.Option(help="The published keys; the data folder's if not given.")] = None,
    profile: Annotated[Path | None, typer.Option(help="A connection profile: every organisation's peer is asked.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Check every row, every block's chain and signatures, every lane's checkpoint, and with --profile every organisation's
    peer. Exit code 1 when something differs."""
    ledger = _open(data, config, index)
    differs = ledger.faults()
    checked: list[str] = [f"{ledger.counts().batches} batches"]
    path = keys or Layout(settings_of(data, config).data).keys / "published.json"
    try:
        found = check_lanes(ledger, decode_keyring(path.read_bytes()))
    except (OSError, SealError) as broken:
        raise CommandError(f"the published keys, {path}, can't be read: {broken}", Exit.USAGE) from broken
    differs += [line for lane in found for line in lane.differs]
    covered = [lane for lane in found if lane.covered]
    checked.append(f"checkpoints of {len(covered)} of {len(found)} lanes")
    unasked: list[str] = []
    if not isinstance(ledger, EmbeddedLedger):
        more, asked, unasked = _peers(_fabric(ledger), profile)
        differs += more
        checked += asked
    value = {"holds": not differs, "checked": checked, "differs": differs, "not_asked": unasked}

    def text() -> None:
        for line in differs:
            out.print(f"[bold red]differs[/]    {line.replace('[', '(')}")
        for line in unasked:
            out.print(f"[yellow]not asked[/]  {line.replace('[', '(')}")
        out.print(f"{'[bold red]does NOT hold' if differs else '[bold green]holds'}[/]: {', '.join(checked)}")

    say(as_json, value, text)
    ledger.close()
    if differs:
        raise typer.Exit(Exit.FOUND)


def _peers(ledger: Index, profile: Path | None) -> tuple[list[str], list[str], list[str]]:
    """(what differs, what was compared, who was not asked)."""
    from ledger.fabric.crosscheck import check_chain, check_peer
    from ledger.fabric.profile import open_gateways

    differs = check_chain(ledger)
    checked = [f"{ledger.height()} blocks signed by orderers"]
    if profile is None:
        return differs, checked, ["the organisations' peers: give a connection profile with --profile"]
    unasked: list[str] = []
    for gateway in open_gateways(profile, now_ms)[1]:
        found = check_peer(ledger, gateway)
        gateway.close()
        differs += found.differs
        if found.problem:
            unasked.append(f"{found.organisation}: {found.problem}")
        else:
            checked.append(f"{found.organisation}'s peer has the same {found.compared}")
    return differs, checked, unasked


def _open(data: Path | None, config: Path | None, index: Path | None) -> Ledger:
    if index is None:
        settings = existing(settings_of(data, config))
        path = settings.data / INDEX
        if not path.is_file():
            return EmbeddedLedger(Layout(settings.data).ledger, readonly=True)
        index = path
    try:
        from ledger.fabric.index import open_index
    except ImportError as missing:
        said = "what speaks with Fabric is not installed: install medtrace with its extra 'stack'"
        raise CommandError(said, Exit.USAGE) from missing
    return open_index(index)


def _fabric(ledger: Ledger) -> Index:
    if isinstance(ledger, EmbeddedLedger):
        raise CommandError("this data folder has the embedded ledger, which has no transactions and parties", Exit.USAGE)
    return cast("Index", ledger)


def _numbers(where: str) -> tuple[int, int, int]:
    parts = where.split("/")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise CommandError(f"{where!r} is no generation/partition/index such as 0/3/17", Exit.USAGE)
    return int(parts[0]), int(parts[1]), int(parts[2])


def _pairs(value: dict[str, Any]) -> None:
    for name, one in value.items():
        shown = ", ".join(map(str, one)) if isinstance(one, list) else one
        out.print(f"{name.replace('_', ' '):<12} {shown}", markup=False)
