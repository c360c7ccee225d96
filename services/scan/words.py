"""Words of scanners' files: business steps as people write them, and what follows from a step."""

from __future__ import annotations

from pedigree.cbv import WORDS, bare

STEPS: dict[str, str] = {
    "赋码": "commissioning",
    "入库": "receiving",
    "收货": "receiving",
    "出库": "shipping",
    "发货": "shipping",
    "装箱": "packing",
    "拆箱": "unpacking",
    "零售": "retail_selling",
    "销售": "retail_selling",
    "发药": "dispensing",
    "销毁": "destroying",
    "注销": "decommissioning",
    "盘点": "cycle_counting",
}
ACTIONS = {"commissioning": "ADD", "packing": "ADD", "unpacking": "DELETE", "decommissioning": "DELETE", "destroying": "DELETE"}
"""Business step -> EPCIS action; OBSERVE for all others."""
DISPOSITIONS = {
    "commissioning": "active",
    "shipping": "in_transit",
    "receiving": "in_progress",
    "dispensing": "dispensed",
    "retail_selling": "retail_sold",
    "destroying": "destroyed",
    "decommissioning": "inactive",
}
LEAVING = frozenset({"shipping", "consigning", "departing", "void_shipping"})
"""After these the goods are no longer at the site: no bizLocation."""


def step_of(text: str) -> str:
    """The CBV business step, '' for a word that is none."""
    word = bare("bizStep", text.strip()).lower().replace(" ", "_")
    return STEPS.get(word) or (word if word in WORDS["bizStep"] else "")
