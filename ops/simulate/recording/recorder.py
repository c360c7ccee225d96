"""From acts to notes: who was on shift, with which scanner, what its clock said, what went wrong."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from random import Random

from ops.simulate.cast import Site
from ops.simulate.labels.causes import Cause, Mistakes
from ops.simulate.labels.touches import Watches
from ops.simulate.norms import DAY, HOUR, MINUTE, SECOND, Norms
from ops.simulate.recording.misreads import flipped, typed
from ops.simulate.recording.record import Record
from ops.simulate.recording.systems import Device, System
from ops.simulate.recording.touching import touch
from ops.simulate.truth.things import Act, packs_in

SILENT = {"loss"}
KEPT = 50_000
"""Sales that may still be taken back."""


class Recorder:
    """`sink` takes the notes in the order of the true time at which they are written."""

    def __init__(
        self,
        norms: Norms,
        systems: dict[Site, System],
        watches: Watches,
        mistakes: Mistakes,
        sink: Callable[[Record], None],
    ) -> None:
        self.norms, self.systems, self.watches, self.mistakes, self._sink = norms, systems, watches, mistakes, sink
        self.rng = Random(f"recording/{norms.seed}")
        self._later: list[tuple[int, int, Record]] = []
        self._order = 0
        self._sales: OrderedDict[int, Record] = OrderedDict()
        self.events = 0

    def take(self, act: Act) -> None:
        self.flush(act.time)
        system = self.systems[act.site]
        shift = system.shift((act.time + act.site.city.minutes * MINUTE) % DAY / HOUR)
        if not self._noted(act, system, shift):
            return
        if act.step == "undo":
            self._undo(act)
            return
        device = system.device(shift, self.rng)
        record = self._note(act, system, device, shift)
        self._sink(record)
        self._again(record, system, device, shift)
        if act.step in ("dispensing", "retail_selling") and act.real and not act.bulk:
            self._sales[act.number] = record
            if len(self._sales) > KEPT:
                self._sales.popitem(last=False)

    def flush(self, until: int) -> None:
        """Write what was due before."""
        while self._later and self._later[0][0] <= until:
            self._sink(heappop(self._later)[2])

    def _noted(self, act: Act, system: System, shift: str) -> bool:
        """Whether anybody notes it; if not, that is a mistake of somebody, or the way of the house."""
        kinds = [(kind, codes) for kind, codes in act.slips] if act.silent else []
        if act.silent and not kinds:
            kinds = [("not_unpacked" if act.step == "unpacking" else "unscanned", [pack.code for pack in packs_in(act.things)])]
        if not act.silent and act.by is None and not act.site.party.reports(act.time):
            kinds = [("absent", [pack.code for pack in packs_in(act.things)])]
        elif not act.silent and act.incident is None and self.rng.random() < self.norms.noise.forgotten * system.care[shift]:
            kinds = [("forgotten", [pack.code for pack in packs_in(act.things)])]
            if act.step != "undo":
                self._slip(act, "forgotten", kinds[0][1], self._cause(act.site, "forgotten", shift=shift))
                return False
        for kind, packs in kinds:
            self._slip(act, kind, packs, self._cause(act.site, kind))
        return not kinds and act.step not in SILENT

    def _slip(self, act: Act, kind: str, packs: list[str], cause: Cause) -> None:
        if packs:
            self.mistakes.note(kind, cause, act.time, packs)

    def _cause(self, site: Site, kind: str, device: Device | None = None, shift: str = "", **more: int) -> Cause:
        gate = device.gate if device is not None and self.systems[site].by_gate else ""
        return self.mistakes.cause(kind, site.party.gln, site.gln, device.id if device else "", shift, gate=gate, **more)

    def _note(self, act: Act, system: System, device: Device, shift: str) -> Record:
        claimed = self._clock(act.claimed or act.time + device.lead(act.time), act, system)
        record = Record(
            event_id=self._event_id(),
            act=act,
            system=system,
            device=device,
            attester=act.by or act.site.party,
            codes=list(act.codes),
            claimed=claimed,
            noted=act.time,
            precision=system.precision,
            remote=act.by is not None,
        )
        record.marks = list(act.slips)
        if not act.inferred and act.by is None:
            self._misread(record, system, device, shift)
        fault = device.lead(act.time) - device.offset_ms
        if fault and not act.claimed:
            kind = "zone" if device.zone_ms else "clock"
            packs = [pack.code for pack in packs_in(act.things)]
            cause = self._cause(act.site, kind, device, amount_ms=fault, since=device.fault[0], until=device.fault[1])
            self.mistakes.note(kind, cause, act.time, packs, record.event_id)
        for kind, packs in record.marks:
            if kind not in ("flipped", "typed"):
                self.mistakes.note(kind, self._cause(act.site, kind, shift=shift), act.time, packs, record.event_id)
        touch(record, self.watches)
        return record

    def _event_id(self) -> str:
        self.events += 1
        text = f"{self.rng.getrandbits(128):032x}"  # made by hand: the UUID class is ten times slower
        variant = "89ab"[int(text[16], 16) & 3]
        return f"urn:uuid:{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def _clock(self, at: int, act: Act, system: System) -> int:
        if system.precision == "milli":
            return at
        if system.precision == "date":
            shift = act.site.city.minutes * MINUTE
            return (at + shift) // DAY * DAY - shift
        step = MINUTE if system.precision == "minute" else SECOND
        return at // step * step

    def _misread(self, record: Record, system: System, device: Device, shift: str) -> None:
        act, noise = record.act, self.norms.noise
        if device.flips and device.flipping[0] <= act.time < device.flipping[1]:
            wrong = [flipped(code, device.flips) for code in record.codes]
            hit = [right for right, code in zip(record.codes, wrong, strict=True) if right != code]
            if hit:
                cause = self._cause(act.site, "flipped", device, since=device.flipping[0], until=device.flipping[1])
                self.mistakes.note("flipped", cause, act.time, hit, record.event_id)
                record.codes = wrong
        if len(record.codes) <= 3 and act.step != "commissioning" and self.rng.random() < noise.typing * system.care[shift]:
            place = self.rng.randrange(len(record.codes)) if record.codes else 0
            wrong_code = typed(record.codes[place], self.rng) if record.codes else ""
            if wrong_code:
                cause = self._cause(act.site, "typed", shift=shift)
                self.mistakes.note("typed", cause, act.time, [record.codes[place]], record.event_id)
                record.codes[place] = wrong_code

    def _again(self, record: Record, system: System, device: Device, shift: str) -> None:
        """A second scan of the same thing; some are found out and taken back."""
        act, rng, noise = record.act, self.rng, self.norms.noise
        if act.incident is not None or act.bulk or rng.random() >= noise.double_scan * system.care[shift]:
            return
        at = act.time + rng.randrange(5 * SECOND, 8 * MINUTE)
        claimed = self._clock(at + device.lead(at), act, system)
        again = Record(self._event_id(), act, system, device, record.attester, record.codes, claimed, at, system.precision)
        packs = [pack.code for pack in packs_in(act.things)]
        self.mistakes.note("double_scan", self._cause(act.site, "double_scan", shift=shift), at, packs, again.event_id)
        touch(again, self.watches)
        self._push(at, again)
        if rng.random() < noise.declared:
            self._declare(again, at + round(rng.uniform(0.5, 60) * HOUR))

    def _declare(self, record: Record, at: int) -> None:
        self._push(at, replace(record, noted=at, declared=at, marks=[]))

    def _undo(self, act: Act) -> None:
        sale = self._sales.pop(act.undoes, None)
        if sale is not None:
            self._declare(sale, act.time)

    def _push(self, at: int, record: Record) -> None:
        self._order += 1
        heappush(self._later, (at, self._order, record))
