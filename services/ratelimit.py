"""Limits on public pages: a token bucket per client. Addresses are kept as keyed hashes, in memory only, and are never logged."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

from services.problems import Problem


class RateLimiter:
    """`rate` requests a second on average, up to `burst` at once, for each client (IPv6: each /64 network).

    At most `clients` buckets are kept; the one idle for longest goes first. A flood of addresses can make the limiter forget,
    never grow.
    """

    def __init__(
        self, rate: float, burst: int, *, clients: int = 20_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clients = clients
        self._now = now
        self._secret = secrets.token_bytes(16)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, address: str, cost: float = 1.0) -> float:
        """0 when the request may go on, else the seconds to wait."""
        key = self._key(address)
        now = self._now()
        level, at = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        wait = 0.0 if level >= cost else (cost - level) / self._rate
        self._buckets[key] = (level - cost if wait == 0 else level, now)
        if len(self._buckets) > self._clients:
            self._buckets.popitem(last=False)
        return wait

    async def __call__(self, request: Request) -> None:
        """A FastAPI dependency (async, so that only the event loop's thread touches the buckets)."""
        wait = self.take(request.client.host if request.client else "")
        if wait:
            seconds = str(math.ceil(wait))
            raise Problem(429, "TooManyRequestsException", f"please wait {seconds} s", headers={"Retry-After": seconds})

    def _key(self, address: str) -> bytes:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            text = address
        else:
            text = str(ip) if ip.version == 4 else str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
        return hashlib.blake2b(text.encode(), key=self._secret, digest_size=8).digest()
