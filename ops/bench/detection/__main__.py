"""`python -m ops.bench.detection`: frauds found and honest packs accused in simulated worlds."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ops.bench.detection.report import show, summary
from ops.bench.detection.score import score
from ops.bench.detection.world import judge_world


def seeds_of(text: str) -> list[int]:
    """`1-30`, `4`, `1,5,9-12`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise typer.BadParameter(f"{text!r} is not a list of seeds such as 1-30 or 4,7")
        found += range(int(first), int(last or first) + 1)
    if not found:
        raise typer.BadParameter("no seeds")
    return found


def main(
    seeds: Annotated[str, typer.Option("--seeds", help="Which worlds: 1-30, or 4,7,9-12.")] = "1-3",
    packs: Annotated[int, typer.Option("--packs", min=100, help="Packs with a serial number, a world.")] = 2_000,
    days: Annotated[int, typer.Option("--days", min=7, help="How long each world lives.")] = 60,
    fraud: Annotated[
        float | None, typer.Option("--fraud", min=0, max=0.5, help="Share of packs with a fraud (default: each seed's own).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON instead of tables.")] = False,
) -> None:
    """Run simulated worlds through the real rules and report what was found.

    Recall by kind of fraud and by proof (a necessary contradiction or a journal; neither), against an oracle that sees the same
    claims; honest packs shown suspect, by kind of mistake; cases and whether they name the true cause; what each code adds.
    """
    chosen, scores = seeds_of(seeds), []
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=float(len(chosen)))
        for number, seed in enumerate(chosen):

            def progress(share: float, number: int = number, seed: int = seed) -> None:
                bar.update(task, completed=number + min(1.0, share), description=f"seed {seed}")

            scores.append(score(judge_world(seed, packs, days, fraud, progress)))
    result = summary(scores)
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        show(result, Console(highlight=False))


if __name__ == "__main__":
    typer.run(main)
