"""The manifest: which unit shows which story, so that a visitor (and a test) knows where to look."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Nature = Literal["honest", "mistake", "fraud"]


@dataclass(frozen=True, slots=True)
class Story:
    """`unit`: the canonical URI to open; `others`: further units of the same story; `lot`, `expiry`: what the label carries.

    `expect`: outcomes of the verification page that the story leads to, the worst first; () where the page shows a path only, or
    asks the visitor about the sale.
    """

    id: str
    zh: str
    en: str
    nature: Nature
    unit: str
    expect: tuple[str, ...]
    others: tuple[str, ...] = ()
    lot: str = ""
    expiry: str = ""
    who: tuple[str, ...] = ()


TEXTS: dict[str, tuple[str, str, Nature, tuple[str, ...]]] = {
    "genuine": ("正品，在医院待发", "Genuine, on a hospital's shelf", "honest", ("NOT_SOLD",)),
    "sold": ("已售出的一盒", "Sold once, at a pharmacy", "honest", ()),
    "in_transit": ("运输途中", "On its way between two companies", "honest", ("IN_TRANSIT",)),
    "recalled": ("召回批次，在货架上", "Of a recalled lot, still on a shelf", "honest", ("RECALLED",)),
    "recalled_sold": ("召回批次，已售出", "Of a recalled lot, sold before the recall", "honest", ("RECALLED",)),
    "expired": ("已过有效期", "Past its expiry date", "honest", ("EXPIRED",)),
    "part_pack": ("拆零：发出半盒", "Half of the pack given out", "honest", ("PART_PACK",)),
    "device": ("植入器械", "A stent, used in a hospital", "honest", ()),
    "pallet": ("托盘的流转路径", "A pallet's custody path", "honest", ()),
    "case": ("一箱的流转路径", "A case that changed hands", "honest", ()),
    "held": ("医院暂停使用", "Held back by a hospital", "honest", ("ON_HOLD",)),
    "released": ("暂停后放行", "Held back, then released", "honest", ("NOT_SOLD",)),
    "returned": ("顾客退回药店", "Brought back by a customer", "honest", ("NOT_SOLD",)),
    "returned_case": ("医院退回经销商的一箱", "A case that a customer sent back", "honest", ("NOT_SOLD",)),
    "destroyed": ("破损销毁", "Damaged and destroyed", "honest", ("SUSPECT",)),
    "late_upload": ("断网后迟传", "Uploaded late, after a network failure", "mistake", ()),
    "double_scan": ("重复扫码", "Scanned twice at the counter", "mistake", ()),
    "minute_clock": ("时间只记到分钟", "From a site that notes whole minutes", "mistake", ()),
    "slow_clock": ("仓库时钟慢五分钟", "Through a warehouse whose clock is five minutes slow", "mistake", ()),
    "wrong_case": ("装箱清单与实物不符", "Packed in another case than the list says", "mistake", ("SUSPECT",)),
    "misread": ("序列号大小写误读", "What a scanner in the wrong case made of a serial", "mistake", ("UNKNOWN",)),
    "misread_real": ("被误读的那一盒", "The pack that this scanner read", "mistake", ("NOT_SOLD",)),
    "no_unpacking": ("漏记拆箱", "Given out of a case that was never noted as opened", "mistake", ()),
    "declared_error": ("误录后更正", "A sale noted by mistake and taken back", "mistake", ("NOT_SOLD",)),
    "clone": ("套码：两城各售一次", "One serial, sold in two cities", "fraud", ("SOLD_MULTIPLE",)),
    "resale": ("回流药：售出后再流通", "Dispensed, then back in trade", "fraud", ("SUSPECT", "SOLD_MULTIPLE")),
    "paper_sale": ("虚假出库：未持有却发货", "Shipped on paper by somebody who never had it", "fraud", ("SUSPECT",)),
    "diversion": ("串货：收货方并非收件人", "Received by somebody it was not sent to", "fraud", ("SUSPECT",)),
    "unknown": ("从未赋码的序列号", "A serial that its maker never issued", "fraud", ("UNKNOWN",)),
    "unknown_code": ("查无此码", "A serial that nobody ever reported", "fraud", ("UNKNOWN",)),
}


@dataclass(slots=True)
class Stories:
    """Collected while the world is made. A unit is in one story only, so that each page shows one thing."""

    told: dict[str, Story] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def tell(self, id: str, unit: str, *others: str, lot: str = "", expiry: str = "", who: tuple[str, ...] = ()) -> None:
        zh, en, nature, expect = TEXTS[id]
        self.told[id] = Story(id, zh, en, nature, unit, expect, others, lot, expiry, who)
        self.use(unit, *others)

    def use(self, *units: str) -> None:
        self.used.update(units)

    def manifest(self) -> list[dict[str, Any]]:
        """In the order of the list above."""
        return [asdict(self.told[id]) for id in TEXTS if id in self.told]
