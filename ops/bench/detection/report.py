"""Tables over seeds, with intervals: seeds are drawn again with replacement, since packs of one world are not independent."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.detection.score import SEEN_BY_ORACLE, Found, Score, middle

DRAWS = 1_000
Rate = tuple[float, float, float]
"""Value, and the bounds of its 95 % interval; nan without a denominator."""


def rate(scores: Sequence[Score], part: Callable[[Score], float], whole: Callable[[Score], float]) -> Rate:
    pairs = [(part(one), whole(one)) for one in scores]
    rng = random.Random(1)
    drawn = []
    for _ in range(DRAWS):
        chosen = rng.choices(pairs, k=len(pairs))
        total = sum(whole_ for _, whole_ in chosen)
        if total:
            drawn.append(sum(part_ for part_, _ in chosen) / total)
    total = sum(whole_ for _, whole_ in pairs)
    if not total:
        return (float("nan"),) * 3
    drawn.sort()
    return sum(part_ for part_, _ in pairs) / total, drawn[int(0.025 * len(drawn))], drawn[int(0.975 * len(drawn)) - 1]


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Everything that was measured, for `--json`."""
    total: Counter[str] = Counter()
    for one in scores:
        total.update(one.counts)

    def count(name: str) -> Callable[[Score], float]:
        return lambda one: one.counts[name]

    def frauds(test: Callable[[Found], bool]) -> Callable[[Score], float]:
        return lambda one: sum(test(fraud) for fraud in one.frauds)

    rates = {
        "recall, contradiction or journal": rate(
            scores,
            frauds(lambda f: f.proof in ("contradiction", "journal") and f.detected),
            frauds(lambda f: f.proof in ("contradiction", "journal")),
        ),
        "recall, neither": rate(
            scores,
            frauds(lambda f: f.proof not in ("contradiction", "journal") and f.detected),
            frauds(lambda f: f.proof not in ("contradiction", "journal")),
        ),
        "recall against the oracle, neither": rate(
            scores,
            frauds(lambda f: f.proof in SEEN_BY_ORACLE - {"contradiction", "journal"} and f.detected),
            frauds(lambda f: f.proof in SEEN_BY_ORACLE - {"contradiction", "journal"}),
        ),
        "honest packs without recording error shown suspect": rate(scores, count("false_without"), count("honest_without")),
        "the same, at any time": rate(scores, count("ever_false_without"), count("honest_without")),
        "honest packs with a recording error shown suspect": rate(scores, count("false_with"), count("honest_with")),
        "precision by event": rate(scores, count("true_alert_events"), count("alert_events")),
        "precision by pack": rate(
            scores,
            lambda one: one.counts["fraud_packs_found"] + one.counts["hit_by_fraud"],
            lambda one: sum(one.counts[n] for n in ("fraud_packs_found", "hit_by_fraud", "false_with", "false_without")),
        ),
        "precision by case (fraud)": rate(
            scores,
            lambda one: sum(bool(c["alert"]) and str(c["cause"]).startswith("fraud") for c in one.cases),
            lambda one: sum(bool(c["alert"]) for c in one.cases),
        ),
        "cases that name the true cause": rate(
            scores, lambda one: sum(bool(c["right"]) for c in one.cases), lambda one: len(one.cases)
        ),
        "late with a journal called backdated": rate(scores, count("late_journal_backdated"), count("late_journal")),
        "late without a journal called backdated": rate(scores, count("late_plain_backdated"), count("late_plain")),
    }
    events = max(1, total["events"])
    shown = [case for one in scores for case in one.cases if case["alert"]]
    mistakes: Counter[str] = Counter()
    packs: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    only: Counter[str] = Counter()
    for one in scores:
        mistakes += one.false_by_mistake
        packs += one.packs_by_mistake
        codes += one.false_codes
        only += one.only_codes
    return {
        "seeds": [one.seed for one in scores],
        "rates": rates,
        "frauds": _by_kind(scores),
        "cases": {
            "alerting": len(shown),
            "all": sum(len(one.cases) for one in scores),
            "per 1,000,000 events": round(1e6 * len(shown) / events, 1),
            "honest, per 1,000,000 events": round(
                1e6 * sum(not str(case["cause"]).startswith("fraud") for case in shown) / events, 1
            ),
            "causes": dict(Counter(map(_cause, shown))),
        },
        "honest packs by mistake": {kind: [mistakes[kind], packs[kind]] for kind in sorted(packs)},
        "codes on honest packs": dict(codes.most_common()),
        "ablation": dict(sorted(only.items())),
        "days to detection": middle([f.days for one in scores for f in one.frauds if f.days is not None]),
        "recall by kind of what an oracle can see (found, all)": _by_oracle(scores),
        "doses before detection": sum(f.before for one in scores for f in one.frauds),
        "doses of frauds not detected": sum(f.doses for one in scores for f in one.frauds if not f.detected),
        "doses of all frauds": sum(f.doses for one in scores for f in one.frauds),
        "full-hour stretches (true, all)": [total["true_stretches"], total["stretches"]],
        "CPU us per observation": round(total["decide_us"] / max(1, total["observations"]), 1),
        "counts": dict(total),
        "missed": [line for one in scores for line in one.missed],
    }


def _cause(case: dict[str, object]) -> str:
    return f"{case['kind']} <- {case['cause']} {'named' if case['right'] else 'not named'}"


def _by_oracle(scores: Sequence[Score]) -> dict[str, list[int]]:
    """Of frauds whose claims hold neither journal proof nor a contradiction, but something: by kind."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in scores:
        for fraud in one.frauds:
            if fraud.proof in SEEN_BY_ORACLE - {"contradiction", "journal"}:
                found[fraud.kind][0] += fraud.detected
                found[fraud.kind][1] += 1
    return dict(sorted(found.items()))


def _by_kind(scores: Sequence[Score]) -> dict[str, list[Any]]:
    """'proof / kind / variant' -> detected, all, median days, doses not stopped."""
    groups: dict[str, list[Found]] = defaultdict(list)
    for one in scores:
        for fraud in one.frauds:
            groups[f"{fraud.proof} / {fraud.kind} / {fraud.variant}"].append(fraud)
    return {
        name: [
            sum(one.detected for one in found),
            len(found),
            round(middle([one.days for one in found if one.days is not None]), 2),
            sum(one.doses for one in found if not one.detected),
        ]
        for name, found in sorted(groups.items())
    }


def show(result: dict[str, Any], console: Console) -> None:
    """The tables."""
    rates = Table(title=f"seeds {result['seeds'][0]}-{result['seeds'][-1]}: rates, 95 % intervals by seed")
    for name in ("", "%", "from", "to"):
        rates.add_column(name, justify="left" if not name else "right")
    for name, values in result["rates"].items():
        rates.add_row(name, *(f"{100 * value:.3f}" for value in values))
    console.print(rates)
    _table(console, "frauds: found, all, median days, doses not stopped", result["frauds"])
    _table(console, "honest packs shown suspect, by kind of mistake: shown, all", result["honest packs by mistake"])
    _table(console, "finding codes on honest packs", result["codes on honest packs"])
    _table(console, "ablation: what only this code shows", result["ablation"])
    cases = {name: value for name, value in result["cases"].items() if name != "causes"}
    _table(console, "cases", {**cases, **result["cases"]["causes"]})
    by_oracle = result["recall by kind of what an oracle can see (found, all)"]
    _table(console, "without contradiction or journal, but seen by an oracle: found, all", by_oracle)
    rest = ("days to detection", "doses before detection", "doses of frauds not detected", "doses of all frauds",
            "full-hour stretches (true, all)",
            "CPU us per observation", "missed")  # fmt: skip
    _table(console, "and", {name: result[name] for name in rest})


def _table(console: Console, title: str, rows: dict[str, Any]) -> None:
    table = Table(title=title, show_header=False)
    for name, value in rows.items():
        values = value if isinstance(value, list) else [value]
        table.add_row(name, *map(str, values[:6]) if name != "missed" else ["\n".join(values)])
    console.print(table)
