"""Journals of devices: an entry for each note, with the last time token that the device got from the gateway."""

from __future__ import annotations

from random import Random

from ops.simulate.claims.signing import RepeatableKey
from ops.simulate.norms import DAY, HOUR, MINUTE
from ops.simulate.recording.systems import Device, System
from pedigree.seal import NO_HASH, JournalEntry, JournalWriter, ServerToken, encode_journal, issue_token


class DeviceJournal:
    """`sync_ms`: how often the device asks for the time while its site is online."""

    def __init__(self, seed: int, device: Device, system: System, gateway: RepeatableKey) -> None:
        rng = Random(f"journal/{seed}/{device.id}")
        self.key = RepeatableKey(f"{seed}/device/{device.id}")
        self._system, self._gateway = system, gateway
        self.sync_ms = rng.choice((15 * MINUTE, HOUR, 4 * HOUR, 8 * HOUR))
        self._phase = rng.randrange(self.sync_ms)
        self._boot_ms = round(rng.uniform(0.5, 6) * DAY)
        self._drift = 1 + rng.gauss(0, 2e-5)
        self._boot = -1
        self._writer = JournalWriter(self.key, "")
        self._token: ServerToken | None = None
        self._unsent: list[JournalEntry] = []
        self.free_at = 0
        """Uploads go one after the other: the next may arrive after this (ms UTC)."""

    def note(self, event_hash: str, at: int) -> int:
        """Write an entry at the true time `at`; the time of the token in it, which bounds it from below (0 = none)."""
        boot = at // self._boot_ms
        if boot != self._boot:
            self._boot = boot
            self._writer.reboot(f"boot-{boot}")
        self._sync(at)
        ticks = round((at - boot * self._boot_ms) * self._drift)
        self._unsent.append(self._writer.append(event_hash, max(ticks, self._last_ticks(boot))))
        return self._token.time_ms if self._token is not None else 0

    def _last_ticks(self, boot: int) -> int:
        head = self._writer.head
        return head.ticks_ms if head.boot == f"boot-{boot}" else 0

    def _sync(self, at: int) -> None:
        when = (at - self._phase) // self.sync_ms * self.sync_ms + self._phase
        outage = self._system.outage(when)
        if outage is not None:
            when = (outage[0] - self._phase) // self.sync_ms * self.sync_ms + self._phase
        if when > 0 and (self._token is None or when > self._token.time_ms):
            self._token = issue_token(self._gateway, self.key.key_id, when, NO_HASH, self._writer.head.hash)
            self._writer.receive(self._token)

    def piece(self, count: int) -> str:
        """The first `count` entries that were not yet sent, as JSON."""
        sent, self._unsent = self._unsent[:count], self._unsent[count:]
        return encode_journal(sent).decode()
