"""`python -m ops.bench.detection`: frauds found and honest packs accused in simulated worlds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ops.bench.detection.report import show, summary
from ops.bench.detection.score import Score, score
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


def _judge(seed: int, packs: int, days: int, fraud: float | None) -> Score:
    return score(judge_world(seed, packs, days, fraud))


def _judged(seeds: list[int], packs: int, days: int, fraud: float | None, jobs: int) -> Iterator[Score]:
    """As they are ready."""
    if jobs == 1:
        for seed in seeds:
            yield _judge(seed, packs, days, fraud)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(_judge, seed, packs, days, fraud) for seed in seeds]):
            yield done.result()


def main(
    seeds: Annotated[str, typer.Option("--seeds", help="Which worlds: 1-30, or 4,7,9-12.")] = "1-3",
    packs: Annotated[int, typer.Option("--packs", min=100, help="Packs with a serial number, a world.")] = 2_000,
    days: Annotated[int, typer.Option("--days", min=7, help="How long each world lives.")] = 60,
    fraud: Annotated[
        float | None, typer.Option("--fraud", min=0, max=0.5, help="Share of packs with a fraud (default: each seed's own).")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Worlds at a time, each in a process.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON instead of tables.")] = False,
) -> None:
    """Run simulated worlds through the real rules and report what was found.

    Recall by kind of fraud and by proof (a necessary contradiction or a journal; neither), against an oracle that sees the same
    claims; honest packs shown suspect, by kind of mistake; cases and whether they name the true cause; what each code adds.
    """
    chosen = seeds_of(seeds)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=float(len(chosen)))
        scores = []
        for one in _judged(chosen, packs, days, fraud, jobs):
            scores.append(one)
            bar.update(task, advance=1, description=f"seed {one.seed} judged")
    result = summary(sorted(scores, key=lambda one: one.seed))
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        show(result, Console(highlight=False))


if __name__ == "__main__":
    typer.run(main)
