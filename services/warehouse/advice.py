"""What the sender of an event can do about a finding. Chinese, English; codes without advice of their own get `OTHER`."""

from __future__ import annotations

from collections.abc import Sequence

from pedigree.findings import RANKS
from pedigree.messages import Finding

_SCAN = (
    "对照实物重扫一次；扫错了请用错误声明撤回这条记录，再上报正确的。",
    "Scan it again and compare with the goods. If it was misread, take the event back with an error declaration and send the "
    "right one.",
)
_PAPERS = (
    "核对单据：货物是否真的在你方？若不在，请用错误声明撤回；若在，请补传缺少的收货记录。",
    "Check the papers: did you really have the goods? If not, take the event back with an error declaration; if so, upload the "
    "receipt that is missing.",
)
_CLOCK = (
    "检查该设备的时钟和时区；记录本身无需更改。",
    "Check the clock and the time zone of this device; the event itself need not be changed.",
)
_ASIDE = (
    "将实物单独存放，不要发出，并通知质量负责人。",
    "Put the goods aside, do not pass them on, and tell your quality manager.",
)
_SENDER = (
    "请发货方补传发货记录；在此之前货物可以照常存放。",
    "Ask the sender to upload the shipment; the goods can stay in stock meanwhile.",
)
OTHER = (
    "请对照实物和单据核对这条记录。",
    "Compare this event with the goods and the papers.",
)
WAIT = (
    "无需处理：它所依赖的记录可能还在路上。",
    "Nothing to do now: what it depends on may still be on its way.",
)
ADVICE: dict[str, tuple[str, str]] = {
    "no_shipment": _SENDER,
    "container_silent": _SENDER,
    "no_receipt": (
        "询问收货方：货到了吗？请其补传收货记录。",
        "Ask the receiver whether the goods came, and to upload the receipt.",
    ),
    "unknown_origin": (
        "先重扫一次；仍然如此，请生产企业上传赋码记录，此前不要发出。",
        "Scan it again first. If it stays so, ask the maker to upload the code, and do not pass the goods on until then.",
    ),
    "repeat": ("无需处理：同一记录已经收到。", "Nothing to do: the same event was received before."),
    "late": ("无需更改；请找出上传为什么晚了。", "Nothing to change; find out why the upload was late."),
    "too_old": ("仅存证；如有疑问请联系监管机构。", "It was kept as evidence only; ask the authority if in doubt."),
    "diversion": (
        "货物不是发给你方的：请与发货方核对，必要时退回。",
        "The goods were not addressed to you: settle it with the sender, and send them back if need be.",
    ),
    "on_hold": _ASIDE,
    "suspect_input": _ASIDE,
    "after_end": _ASIDE,
    "repeat_dispensing": _ASIDE,
    "impossible_travel": _ASIDE,
    "shipped_without_custody": _PAPERS,
    "sale_not_by_holder": _PAPERS,
    "handled_without_custody": _PAPERS,
    "ended_without_custody": _PAPERS,
    "not_entitled": (
        "你方无权代表该企业上报：请其委托你方，或由其自行上报。",
        "You may not speak for the party that the event names: have it delegate to you, or send the event itself.",
    ),
    "not_entitled_to_commission": (
        "厂商识别代码不属于你方：检查 GTIN，或请所有者登记委托。",
        "The company prefix is not yours: check the GTIN, or have its owner register a delegation.",
    ),
    "already_commissioned": _SCAN,
    "two_containers": _SCAN,
    "packed_elsewhere": _SCAN,
    "not_in_container": _SCAN,
    "lot_mismatch": _SCAN,
    "expiry_mismatch": _SCAN,
    "over_content": _SCAN,
    "part_elsewhere": _SCAN,
    "clock_error": _CLOCK,
    "order_conflict": _CLOCK,
    "time_contradiction": _CLOCK,
    "post_dated": _CLOCK,
    "backdated": (
        "设备日志证明该时间不实：请说明原因，并按实际时间重新上报。",
        "The device's journal proves that this time is not true: say why, and send the event again with its real time.",
    ),
}


def advice(outcome: str, findings: Sequence[Finding]) -> tuple[str, str]:
    """For the worst finding that has an advice."""
    if outcome == "pending":
        return WAIT
    worst_first = sorted(findings, key=lambda one: -RANKS[one.severity])
    return next((ADVICE[one.code] for one in worst_first if one.code in ADVICE), OTHER)
