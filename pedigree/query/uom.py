"""Units of measure that can be compared with each other (UN/ECE Recommendation 20): a value in one of them is compared in the
base unit of its kind. A unit that is not here is compared with itself only.
"""

from __future__ import annotations

_BASES: dict[str, dict[str, tuple[float, float]]] = {
    # base unit: {unit: (factor, offset)}; base = value * factor + offset
    "KEL": {"KEL": (1, 0), "CEL": (1, 273.15), "FAH": (5 / 9, 459.67 * 5 / 9)},
    "KGM": {"KGM": (1, 0), "GRM": (1e-3, 0), "MGM": (1e-6, 0), "MC": (1e-9, 0), "TNE": (1e3, 0), "LBR": (0.45359237, 0),
            "ONZ": (0.028349523125, 0)},
    "MTR": {"MTR": (1, 0), "CMT": (1e-2, 0), "MMT": (1e-3, 0), "KMT": (1e3, 0), "INH": (0.0254, 0), "FOT": (0.3048, 0),
            "YRD": (0.9144, 0)},
    "LTR": {"LTR": (1, 0), "MLT": (1e-3, 0), "CLT": (1e-2, 0), "DLT": (1e-1, 0), "MTQ": (1e3, 0), "CMQ": (1e-3, 0)},
    "PAL": {"PAL": (1, 0), "HPA": (1e2, 0), "KPA": (1e3, 0), "MPA": (1e6, 0), "MBR": (1e2, 0), "BAR": (1e5, 0)},
    "SEC": {"SEC": (1, 0), "MIN": (60, 0), "HUR": (3600, 0), "DAY": (86400, 0), "C26": (1e-3, 0)},
    "MTS": {"MTS": (1, 0), "KMH": (1 / 3.6, 0)},
    "JOU": {"JOU": (1, 0), "KJO": (1e3, 0), "KWH": (3.6e6, 0)},
    "WTT": {"WTT": (1, 0), "KWT": (1e3, 0)},
    "DD": {"DD": (1, 0), "C81": (57.29577951308232, 0)},
}  # fmt: skip
_UNITS = {unit: (base, *how) for base, units in _BASES.items() for unit, how in units.items()}


def in_base(value: float, unit: str, *, difference: bool = False) -> tuple[str, float]:
    """(base unit, value in it), rounded so that two ways to one value meet. `difference`: it has no zero point (a deviation)."""
    base, factor, offset = _UNITS.get(unit, (unit, 1.0, 0.0))
    if difference:
        offset = 0.0
    return base, value if factor == 1 and not offset else round(value * factor + offset, 9)
