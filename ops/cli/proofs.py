"""`medtrace proof`: download proofs, and check them without trusting the server that gave them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.common import DEFAULT_URL, AsJson, CommandError, Exit, Key, Url, out, say
from ops.client import Client
from pedigree.custody.leaf import leaf_unit_key
from pedigree.errors import ProofError, SealError
from pedigree.proof import verify_proof
from pedigree.seal import KeyRing, decode_keyring
from pedigree.times import format_time

app = typer.Typer(no_args_is_help=True, help="Proofs: what a checkpoint signed by the operator says about one unit.")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A proof file, as the page or `medtrace proof get` gives it.")],
    keys: Annotated[Path, typer.Option(help="The published keys, from a source that you trust.")] = Path("published.json"),
    as_json: AsJson = False,
) -> None:
    """Check a proof offline. Exit code 1 when it does not hold."""
    data, ring = _bytes(file, "the proof"), _ring(keys)
    try:
        proof = verify_proof(data, ring, leaf_unit_key)
    except ProofError as wrong:
        say(as_json, {"holds": False, "why": str(wrong)}, f"[bold red]the proof does NOT hold:[/] {str(wrong).replace('[', '(')}")
        raise typer.Exit(Exit.FOUND) from wrong
    lanes = [
        {"lane": lane.checkpoint.lane, "time": format_time(lane.checkpoint.time_ms), "signers": ", ".join(lane.signers)}
        for lane in proof.lanes
    ]
    value = {"holds": True, "unit": proof.unit, "leaves": proof.count, "issuer": proof.issuer, "checkpoints": lanes}

    def text() -> None:
        out.print("[bold green]the proof holds[/]")
        out.print(f"unit         {proof.unit}", markup=False)
        out.print(f"entries      {proof.count}, each of them anchored; that there are no others is the issuer's word")
        for lane in lanes:
            out.print(f"checkpoint   {lane['time']}, signed by {lane['signers']}", markup=False)
        out.print(f"issued by    {proof.issuer}, {format_time(proof.issued_ms)}", markup=False)

    say(as_json, value, text)


@app.command()
def get(
    code: Annotated[str, typer.Argument(help="A Digital Link, an element string, an SSCC, or a scanned text.")],
    target: Annotated[Path | None, typer.Option("--out", help="Where to write the proof; standard output if not given.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Download the proof of a unit. It says the same whoever downloads it."""
    with Client(url, key) as client:
        proof = client.get("/proof", code=code).content
    if target is None:
        typer.echo(proof.decode(), nl=False)
        return
    target.write_bytes(proof)
    said = f"{target}: {len(proof)} bytes; check it with `medtrace proof verify`"
    say(as_json, {"file": str(target), "bytes": len(proof)}, said)


def _bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{what}, {path}, can't be read: {error.strerror}", Exit.USAGE) from error


def _ring(path: Path) -> KeyRing:
    try:
        return decode_keyring(_bytes(path, "the published keys"))
    except SealError as broken:
        raise CommandError(f"{path}: {broken}", Exit.USAGE) from broken
