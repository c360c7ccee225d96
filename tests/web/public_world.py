"""Packs in every situation that a visitor can meet, behind the real public pages."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pedigree import facts
from pedigree.custody.steps import Kind, Step
from pedigree.ports import Integrity
from services.context import EdgeSettings
from services.verify import MemoryScans, verify_router
from tests.contract.graph_builder import CLINIC, DEALER, GTIN, MAKER, OTHER_GTIN, SHOP, T0, finding, pack_id, sscc, verdict
from tests.web.console_world import NOW, REGULATOR, Records, World

CASE = "395210110000000015"
CHINA20 = "81234560123456789012"
OK = Integrity("ok", (), 4, 4, NOW - 5_000)
DIFFERS = Integrity("differs", ("graph.stay of somebody's",), 4, 4, NOW)


class PublicRecords(Records):
    """A history that says "unknown" of what the graph does not have, and per unit what a test wants."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.states: dict[str, Integrity] = {}

    def integrity(self, epc: str) -> Integrity:
        rows = self.world.graph.unit_rows(epc)
        if epc in self.states:
            return self.states[epc]
        return Integrity("unknown", (), 0, 0, 0) if rows is None else OK._replace(leaves=rows.n, anchored=rows.n)


class PublicWorld(World):
    """`path(name)`: where the code of a story leads."""

    def __init__(self, folder: Path, *, simulation: bool = False, rate: float = 1000, burst: int = 10_000) -> None:
        super().__init__(folder)
        self.records = PublicRecords(self)
        self.services.history = self.records  # the port that the pages read
        self.services.settings = EdgeSettings(simulation=simulation, public_rate=rate, public_burst=burst)
        self.scans = MemoryScans()
        self.packs = {name: pack_id(f"{i:03}-{name}") for i, name in enumerate(NAMES)}
        self._trade()
        self._registry()
        self.apply()
        for name in ("integrity", "pending"):
            self.records.states[self.packs[name]] = DIFFERS if name == "integrity" else OK._replace(state="catching_up")
        for _ in range(40):
            self.scans.record(self.packs["many"], NOW)
        self.records.proofs = {epc: b'{"proof": "of ' + epc.encode() + b'"}' for epc in self.packs.values()}
        self.public = self.app(verify_router(self.services, self.scans))

    def path(self, name: str) -> str:
        return self.packs[name].removeprefix("https://id.gs1.org")

    def _trade(self) -> None:
        line, packs = self.line, self.packs
        made = [packs[name] for name in NAMES if name not in ("unknown", "expired", "recalled", "part")]
        line.commission(made)
        line.commission([packs["expired"]], lot="L0")
        line.commission([packs["recalled"]], lot="L9")
        line.commission([packs["part"]], content=24)
        everything = [packs[name] for name in NAMES if name != "unknown"]
        box = f"https://id.gs1.org/00/{CASE}"
        line.pack(box, everything, MAKER)
        line.ship([box], MAKER, DEALER, time=T0 + 86_400_000)
        line.receive([box], DEALER)
        line.ship([box], DEALER, SHOP, time=T0 + 3 * 86_400_000)
        line.receive([box], SHOP)
        line.unpack(box, everything, SHOP)
        for name in ("sold", "multiple", "suspect_sold"):
            line.dispense(packs[name], SHOP)
        line.dispense(packs["part"], SHOP, part=10)
        line.ship([packs["transit"]], SHOP, CLINIC)
        line.hold(packs["held"], SHOP)
        twice = verdict(b"clone", Step.DISPENSE, line.time + 9, CLINIC, outcome="rejected", applies=False)
        line.judge(packs["multiple"], msgspec.structs.replace(twice, findings=(finding("repeat_dispensing"),)), verdict="suspect")
        odd = verdict(b"odd", Step.RECEIVE, line.time + 9, CLINIC, outcome="suspect")
        line.judge(packs["suspect"], msgspec.structs.replace(odd, findings=(finding("diversion", "medium"),)), verdict="suspect")
        sealed = verdict(b"seal", Step.NEUTRAL, line.time + 5, SHOP, attested="key-1", kind=Kind.EVENT)
        line.judge(packs["genuine"], sealed)
        line.commission([f"urn:medtrace:china20:{CHINA20}", pack_id("X", OTHER_GTIN)])
        shown = line.units[packs["expired"]].shown
        line.judge(packs["expired"], lot="L0", expiry="2024-10-31")
        assert shown.lot == "L0"

    def _registry(self) -> None:
        recall = facts.Recall(id="R2024-7", gtin=GTIN, lot="L9", reason="个别胶囊含有异物 Particles in some capsules", since=T0)
        self.say("recall", recall)
        self.say("party", facts.Party(id=REGULATOR, name="药品监督管理局", role="regulator"))


NAMES = (
    "genuine", "sold", "multiple", "suspect", "suspect_sold", "part", "transit", "held", "expired", "recalled", "integrity",
    "pending", "many", "unknown",
)  # fmt: skip
__all__ = ["CASE", "CHINA20", "NAMES", "PublicWorld", "sscc"]
