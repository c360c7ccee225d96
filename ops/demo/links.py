"""The addresses worth opening, printed when the demonstration is ready."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ops.demo.cast import BY_KEY
from ops.demo.state import Secrets
from pedigree.identifiers import digital_link

FIRST = ("genuine", "sold", "clone", "resale", "recalled", "unknown_code", "part_pack", "in_transit", "expired", "pallet")
_COLOURS = {"honest": "green", "mistake": "yellow", "fraud": "red"}


def link(story: dict[str, Any], url: str) -> str:
    """What the pack's code leads to: the page itself, with lot and expiry as the label carries them."""
    expiry = story["expiry"]
    return digital_link(story["unit"], url, lot=story["lot"], expiry=expiry) if expiry else digital_link(story["unit"], url)


def rows(manifest: dict[str, Any], url: str) -> list[dict[str, str]]:
    """Every story with its address, the most telling ones first."""
    stories = sorted(manifest["stories"], key=lambda one: FIRST.index(one["id"]) if one["id"] in FIRST else len(FIRST))
    return [
        {"id": one["id"], "nature": one["nature"], "zh": one["zh"], "en": one["en"], "url": link(one, url)} for one in stories
    ]


def show(manifest: dict[str, Any], url: str, secrets: Secrets, console: Console) -> None:
    """Print it all. Addresses stand on lines of their own and are never broken, so that a terminal can open them."""
    console.print(f"\n[bold]Open one of these[/]  (seed {manifest['seed']}; honest, mistake or fraud: only this world knows)")
    for row in rows(manifest, url):
        colour = _COLOURS[row["nature"]]
        console.print(f"[{colour}]{row['nature']:<8}[/] {row['en']}  [dim]{row['zh']}[/]")
        console.print(f"         {row['url']}", soft_wrap=True, markup=False)
    console.print()
    for name, path, who in (("regulator", "/regulator", "r"), ("buyer", "/procurement", "h1"), ("warehouse", "/scan", "d3")):
        console.print(f"[bold]{name:<10}[/] {url}{path}  [dim]{BY_KEY[who].name}[/]", soft_wrap=True)
        console.print(f"           key {secrets.api[who]}", soft_wrap=True)
    console.print(f"[bold]{'health':<10}[/] {url}/health  {url}/metrics", soft_wrap=True)
