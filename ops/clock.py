"""The one clock of the process; everything below takes time as an argument."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000
