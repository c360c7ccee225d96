"""The custody path of one unit as a picture: parties by tier downwards, time to the right. SVG made here, no script.

The axis is drawn by the order of events, with widths that grow with the logarithm of the time between: handovers within minutes
stay readable beside months in a warehouse. Exact times stand in the list under the picture and in each bar's title.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from pedigree.custody.steps import Status

TIERS = ("maker", "carrier", "distributor", "hospital", "clinic", "pharmacy", "")
_LABELS, _LANE, _TOP, _BAR = 128, 46, 26, 18
_COLOURS: dict[int, str] = {
    Status.ACTIVE: "#1f6f5c",
    Status.IN_TRANSIT: "#3a6ea5",
    Status.DISPENSED: "#6b4f9e",
    Status.PART_DISPENSED: "#6b4f9e",
}
_OTHER = "#5a6270"
_MARKS = {"high": "#b3261e", "medium": "#b35c00", "low": "#8a6d00"}


class Bar(NamedTuple):
    """One custody interval."""

    t_from: int
    t_to: int
    party: str
    name: str
    role: str
    status: int
    title: str
    """All that the bar means, for those who point at it or listen."""
    inside: str = ""
    """The container that it was in, '' = handled itself."""
    inferred: bool = False


class Mark(NamedTuple):
    """A finding, at the time of its event."""

    time: int
    severity: str
    title: str


def draw(bars: Sequence[Bar], marks: Sequence[Mark], now: int, title: str, dates: Sequence[str]) -> str:
    """An `<svg>` element, '' for no bars. `dates`: the label under the beginning of each bar."""
    if not bars:
        return ""
    lanes = _lanes(bars)
    edges = _edges(bars, now)
    width, height = edges[-1] + 30, _TOP + _LANE * len(lanes) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'font-family="inherit" font-size="12"><title>{escape(title)}</title>'
    ]
    for row, (party, name, _) in enumerate(lanes):
        y = _TOP + row * _LANE
        parts.append(f'<line x1="0" y1="{y + _LANE - 8}" x2="{width}" y2="{y + _LANE - 8}" stroke="#d5dae0"/>')
        parts.append(f'<text x="4" y="{y + 14}" font-weight="600" fill="currentColor">{escape(_cut(name or party, 17))}</text>')
        parts.append(f'<text x="4" y="{y + 29}" fill="#5a6270">{escape(party if name else "")}</text>')
    rows = {party: row for row, (party, _, _) in enumerate(lanes)}
    for i, bar in enumerate(bars):
        parts += _bar(bar, edges[i], edges[i + 1], _TOP + rows[bar.party] * _LANE, dates[i], height)
        if i + 1 < len(bars) and bars[i + 1].party != bar.party:
            y0, y1 = (_TOP + rows[one.party] * _LANE + _BAR / 2 for one in (bar, bars[i + 1]))
            x = edges[i + 1]
            parts.append(f'<line x1="{x}" y1="{y0}" x2="{x}" y2="{y1}" stroke="#3a6ea5" stroke-width="2"/>')
    parts += [_mark(mark, bars, edges, rows, now) for mark in marks if mark.severity in _MARKS]
    return "".join([*parts, "</svg>"])


def _lanes(bars: Sequence[Bar]) -> list[tuple[str, str, str]]:
    """(party, name, role): by tier, then by who came first."""
    seen = dict.fromkeys((bar.party, bar.name, bar.role) for bar in bars)
    first = {lane: i for i, lane in enumerate(seen)}
    return sorted(seen, key=lambda lane: (TIERS.index(lane[2]) if lane[2] in TIERS else len(TIERS), first[lane]))


def _edges(bars: Sequence[Bar], now: int) -> list[int]:
    """The x of each bar's beginning, and of the end of the last."""
    edges = [_LABELS]
    for i, bar in enumerate(bars):
        until = bars[i + 1].t_from if i + 1 < len(bars) else min(bar.t_to, max(now, bar.t_from))
        hours = max(0, until - bar.t_from) / 3_600_000
        edges.append(edges[-1] + round(68 + 13 * math.log1p(hours)))
    return edges


def _bar(bar: Bar, x0: int, x1: int, y: int, date: str, height: int) -> list[str]:
    colour = _COLOURS.get(bar.status, _OTHER)
    moving = bar.status == Status.IN_TRANSIT
    look = f'fill="{colour}" fill-opacity="0.25" stroke="{colour}" stroke-dasharray="5 3"' if moving else f'fill="{colour}"'
    if bar.inferred and not moving:
        look = f'fill="{colour}" fill-opacity="0.45"'
    box = f'x="{x0 + 1}" y="{y}" width="{x1 - x0 - 2}" height="{_BAR}" rx="3"'
    parts = [f"<g><title>{escape(bar.title)}</title><rect {box} {look}/>"]
    if bar.inside:
        parts.append(
            f'<rect x="{x0 + 4}" y="{y + 4}" width="{x1 - x0 - 8}" height="{_BAR - 8}" rx="2" fill="none" '
            f'stroke="{colour if moving else "#ffffff"}" stroke-width="1.5"/>'
        )
    parts.append(f'</g><line x1="{x0}" y1="{y}" x2="{x0}" y2="{height - 26}" stroke="#aab2bd" stroke-dasharray="2 4"/>')
    first, _, second = date.partition(" ")
    parts.append(f'<text x="{x0 + 3}" y="{height - 15}" fill="#5a6270" font-size="11">{escape(first)}</text>')
    parts.append(f'<text x="{x0 + 3}" y="{height - 3}" fill="#5a6270" font-size="11">{escape(second)}</text>')
    return parts


def _mark(mark: Mark, bars: Sequence[Bar], edges: Sequence[int], rows: dict[str, int], now: int) -> str:
    i = max((i for i, bar in enumerate(bars) if bar.t_from <= mark.time), default=0)
    bar = bars[i]
    until = bars[i + 1].t_from if i + 1 < len(bars) else max(now, bar.t_from + 1)
    share = min(1.0, max(0.0, (mark.time - bar.t_from) / max(1, until - bar.t_from)))
    x = edges[i] + 8 + share * (edges[i + 1] - edges[i] - 16)
    y = _TOP + rows[bar.party] * _LANE
    return (
        f'<g><title>{escape(mark.title)}</title><path d="M{x:.0f} {y - 15} l8 14 h-16 z" fill="{_MARKS[mark.severity]}"/>'
        f'<text x="{x:.0f}" y="{y - 3}" fill="#fff" font-size="10" font-weight="700" text-anchor="middle">!</text></g>'
    )


def _cut(text: str, most: int) -> str:
    """Chinese characters are twice as wide."""
    width, end = 0, 0
    for end, letter in enumerate(text):
        width += 2 if ord(letter) > 0x2E80 else 1
        if width > most:
            return text[:end] + "…"
    return text
