"""`python -m ops.simulate`: a world into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ops.simulate.files import write


def main(
    out: Annotated[Path, typer.Option("--out", help="The folder to write; made when missing.")],
    seed: Annotated[int, typer.Option("--seed", help="Same seed, packs and days: same bytes.")] = 1,
    packs: Annotated[int, typer.Option("--packs", min=100, max=50_000_000, help="Packs with a serial number.")] = 20_000,
    days: Annotated[int, typer.Option("--days", min=7, max=1_500, help="How long the world lives.")] = 60,
    fraud: Annotated[
        float | None,
        typer.Option("--fraud", min=0, max=0.5, help="Share of packs with a planned fraud (default: the seed's)."),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="claims.jsonl instead of claims.jsonl.zst.")] = False,
) -> None:
    """Simulate a supply chain: physical truth, honest recording with its mistakes, frauds.

    Writes claims.jsonl.zst (EPCIS documents with journals and seals, in the order of arrival), facts.json (the registry),
    world.json (dates, the gateway's public key) and truth.json (frauds and honest mistakes, labelled).
    """
    err = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("simulating", total=1.0)

        def progress(share: float, claims: int) -> None:
            bar.update(task, completed=share, description=f"simulating, {claims:,} documents")

        summary = write(out, seed, packs, days, fraud, packed=not plain, progress=progress)
    table = Table(title=f"{out}: seed {seed}", show_header=False)
    for name, value in summary.items():
        table.add_row(name.replace("_", " "), _shown(value))
    Console(highlight=False).print(table)


def _shown(value: int | dict[str, int]) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(f"{key} {number:,}" for key, number in value.items() if not key.startswith("bulk"))


if __name__ == "__main__":
    typer.run(main)
