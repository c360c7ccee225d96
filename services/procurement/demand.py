"""Demand per day as a distribution, and what it says about stock levels: numpy only, no clock, no I/O.

The demand of a day is 0 with probability 1-p and otherwise one of the sizes seen, each as likely as it was frequent. p follows
the last months by exponential smoothing on every day, so that it falls when nothing is asked for any more (Teunter, Syntetos &
Babai 2011). Demand over a lead time is the k-fold convolution of that, mixed over the distribution of k: no normal distribution
is assumed, which is what goes wrong with slow items.

Quantities are packs. Levels are whole packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = Mapping[int, float]
"""Number of days -> probability (of a lead time). Probabilities sum to 1."""

SMOOTHING = 0.05
"""Weight of the newest day in p: about the last forty days count."""
MOST_CELLS = 1 << 16
"""A distribution has at most so many cells; beyond that one cell stands for several packs."""


class Demand(NamedTuple):
    """What one day asks for."""

    p: float
    """Probability that anything is asked for."""
    sizes: Floats
    """The distinct quantities seen on days with demand, ascending, packs."""
    weights: Floats
    """How likely each is, given that there is demand; sums to 1."""
    days: int
    """Days that the estimate rests on."""
    demand_days: int
    dropped: int
    """Days left out because nothing was there to be given out."""

    @property
    def mean(self) -> float:
        """Packs a day."""
        return self.p * float(self.sizes @ self.weights)

    @property
    def sd(self) -> float:
        """Standard deviation of a day's demand, packs."""
        return float(np.sqrt(max(0.0, self.p * float(self.sizes**2 @ self.weights) - self.mean**2)))


class Total(NamedTuple):
    """Distribution of the demand over several days: `pmf[i]` is the probability of `i * grid` packs."""

    pmf: Floats
    grid: int

    def quantile(self, level: float) -> int:
        """The smallest number of packs that is enough with probability `level`."""
        cells = int(np.searchsorted(np.cumsum(self.pmf), level - 1e-9))
        return min(cells, len(self.pmf) - 1) * self.grid

    def loss(self) -> Floats:
        """`loss[i]` = expected packs missing when `i * grid` are there: E[(D - y)+]."""
        tail = np.append(np.cumsum(self.pmf[::-1])[::-1][1:], 0.0)
        return np.cumsum(tail[::-1])[::-1] * self.grid


def estimate(quantities: Floats, in_stock: NDArray[np.bool_], smoothing: float = SMOOTHING) -> Demand:
    """From the quantities given out on consecutive days, oldest first. Days with `in_stock` false are left out: what was asked
    for then is not known, and counting them as zero would make a shortage its own cause."""
    seen = quantities[in_stock]
    asked = seen > 0
    p = float(asked.mean()) if len(seen) else 0.0
    for hit in asked:
        p += smoothing * (float(hit) - p)
    sizes, counts = np.unique(seen[asked], return_counts=True)
    weights = counts / max(1, counts.sum())
    return Demand(p, sizes, weights, len(seen), int(asked.sum()), len(quantities) - len(seen))


def over(demand: Demand, days: Days) -> Total:
    """Distribution of the demand over a number of days that is itself uncertain."""
    most, largest = max(days), float(demand.sizes[-1]) if len(demand.sizes) else 0.0
    grid = max(1, int(np.ceil(largest * most / MOST_CELLS)))
    day = _cells(demand, grid)
    length = (len(day) - 1) * most + 1
    turned = np.fft.rfft(day, 1 << (length - 1).bit_length())
    mixed = np.zeros_like(turned)
    for count, probability in days.items():
        mixed += probability * turned**count
    pmf = np.clip(np.fft.irfft(mixed)[:length] if length > 1 else np.ones(1), 0.0, None)
    return Total(pmf / pmf.sum(), grid)


def _cells(demand: Demand, grid: int) -> Floats:
    """One day's distribution on whole cells; a size between two cells is shared between them so that the mean stays."""
    at = demand.sizes / grid
    low = np.floor(at).astype(np.int64)
    cells = np.zeros(int(low[-1]) + 2 if len(low) else 1)
    np.add.at(cells, low, demand.p * demand.weights * (1 - (at - low)))
    np.add.at(cells, low + 1, demand.p * demand.weights * (at - low))
    cells[0] += 1 - demand.p
    return np.trim_zeros(cells, "b")


def later(days: Days, more: int) -> Days:
    """The same distribution, so many days longer."""
    return {count + more: probability for count, probability in days.items()}


def cycle_level(demand: Demand, lead: Days, service: float, review: int = 1) -> int:
    """Reorder level s so that an order cycle ends without a shortage with probability `service`: a quantile of D(L+R)."""
    return over(demand, later(lead, review)).quantile(service)


def fill_rates(demand: Demand, lead: Days, lot: int) -> tuple[Floats, int]:
    """The share of demand that is met at once for s = 0, grid, 2 grid, ...; (rates, grid).

    (s, nQ) policy with review every evening: the position after ordering is uniform on s+1..s+Q, and what a delivery's last day
    adds to the backlog is (D_{L+1} - y)+ - (D_L - y)+, hence
    beta(s) = 1 - 1/(Q E[D]) * sum_{y=s+1}^{s+Q} { E[(D_{L+1}-y)+] - E[(D_L-y)+] }.
    `lot` is Q in packs; `lead` counts the days between the evening of the order and the evening before it is on the shelf.
    """
    longer = over(demand, later(lead, 1))
    cells = max(1, lot // longer.grid)
    shorter = over(demand, lead)
    if shorter.grid != longer.grid:  # a day less may fit a finer grid; both must use one
        shorter = _coarser(demand, lead, longer.grid)
    missing = longer.loss()
    missing[: len(shorter.pmf)] -= shorter.loss()
    padded = np.concatenate([missing, np.zeros(cells)])
    sums = np.cumsum(padded)
    window = sums[cells:] - sums[:-cells]
    mean = demand.mean
    return (1 - window / (cells * mean) if mean > 0 else np.ones(len(window))), longer.grid


def _coarser(demand: Demand, days: Days, grid: int) -> Total:
    scaled = over(demand._replace(sizes=demand.sizes / grid), days)
    return Total(scaled.pmf, grid * scaled.grid)


def fill_level(demand: Demand, lead: Days, lot: int, service: float) -> int:
    """The smallest reorder level s >= 0 with a fill rate of at least `service`."""
    rates, grid = fill_rates(demand, lead, lot)
    reached = np.flatnonzero(rates >= service - 1e-9)
    return int(reached[0] if len(reached) else len(rates)) * grid


def fill_rate(demand: Demand, lead: Days, level: int, lot: int) -> float:
    """The expected fill rate of a reorder level, 0..1."""
    rates, grid = fill_rates(demand, lead, lot)
    return float(rates[min(max(0, level // grid), len(rates) - 1)])
