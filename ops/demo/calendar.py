"""Days and hours of the demonstration's world, in China's time (UTC+8, no summer time)."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONE = 8 * HOUR
ZONE_TEXT = "+08:00"
DAYS = 60
"""How long the world has been running."""


class Calendar:
    """Day 0 is 60 days before the day of `now` (ms UTC)."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.start = (now + ZONE) // DAY * DAY - ZONE - DAYS * DAY

    def at(self, day: int, hour: float) -> int:
        """That hour of local time on that day."""
        return self.start + day * DAY + int(hour * HOUR)

    def between(self, rng: Random, day: int, first: float, last: float) -> int:
        """A moment between two hours of local time."""
        return self.at(day, first) + rng.randrange(int((last - first) * HOUR))

    def day_of(self, time: int) -> int:
        return (time - self.start) // DAY

    def weekend(self, day: int) -> bool:
        return datetime.fromtimestamp((self.at(day, 12)) / 1000, UTC).weekday() >= 5

    def date(self, day: int) -> str:
        """Local date of a day, ISO."""
        return datetime.fromtimestamp((self.at(day, 12) + ZONE) / 1000, UTC).date().isoformat()


def utc_text(time: int) -> str:
    """EPCIS eventTime with milliseconds, in UTC."""
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
