"""Why a proposal is what it is, in sentences, Chinese and English, with the numbers in them."""

from __future__ import annotations

from services.console.pages import bilingual, packs
from services.procurement.gather import WINDOW
from services.procurement.levels import WASTE_RISK
from services.procurement.proposals import LEAST_DAYS, LEAST_DEMANDS, Proposal


def reasons(made: Proposal, lang: str) -> list[str]:
    """The decision first, then what it rests on, then what to be careful about."""
    return [bilingual(lang, zh, en) for zh, en in (*_decision(made), *_grounds(made), *_cautions(made))]


def _decision(made: Proposal) -> list[tuple[str, str]]:
    if made.outcome == "too_little_data":
        return [
            (
                f"数据太少，不提建议：最近 {WINDOW} 天中有货 {made.days} 天、有消耗 {made.demand_days} 天；"
                f"至少需要 {LEAST_DAYS} 天和 {LEAST_DEMANDS} 天。",
                f"Too little data, so nothing is proposed. Of the last {WINDOW} days, days with stock: {made.days}, with demand: "
                f"{made.demand_days}; at least {LEAST_DAYS} and {LEAST_DEMANDS} are needed.",
            )
        ]
    parts = tuple(packs(value) for value in (made.position, made.usable, made.incoming, made.ordered))
    zh = "可供量 {} 盒（可用 {} + 在途 {} + 已订未发 {}）".format(*parts)
    en = "The position is {} packs (usable {} + coming {} + ordered {})".format(*parts)
    s, up_to = made.reorder_level, made.order_up_to
    if made.outcome == "order":
        return [
            (
                f"{zh}，不高于订货点 {s}：订 {made.quantity} 盒，补到 {up_to}（整件取整）。",
                f"{en}, not above the reorder level of {s}: order {made.quantity} to reach {up_to} (in whole outer packs).",
            )
        ]
    if made.position <= s:
        return [
            (
                f"{zh}，低于订货点 {s}，但再多就会过期：有效期内用得完的上限是 {made.cap} 盒。",
                f"{en}, below the reorder level of {s}, but more would expire: {made.cap} is the most worth having.",
            )
        ]
    return [(f"{zh}，高于订货点 {s}：现在不用订。", f"{en}, above the reorder level of {s}: nothing to order now.")]


def _grounds(made: Proposal) -> list[tuple[str, str]]:
    if made.outcome == "too_little_data":
        return []
    p, service, expected = (f"{value * 100:.1f} %" for value in (made.p, made.service, made.expected))
    days = ", ".join(map(str, made.lead_days))
    aim = {
        "fill": (f"目标：{service} 的需求即时满足", f"the aim is {service} of demand met at once"),
        "cycle": (f"目标：{service} 的订货周期不缺货", f"the aim is {service} of order cycles without a shortage"),
    }[made.measure]
    return [
        (
            f"平均每天 {made.mean:.2f} 盒（标准差 {made.sd:.2f}），{p} 的日子有消耗；依据有货的 {made.days} 天。",
            f"Mean demand {made.mean:.2f} packs a day (standard deviation {made.sd:.2f}), on {p} of days; from {made.days} days "
            "with stock.",
        ),
        (
            f"订货点 {made.reorder_level}、批量 {made.lot}（至少 {made.cover_days} 天用量）"
            f"预计即时满足 {expected} 的需求；{aim[0]}。",
            f"With a reorder level of {made.reorder_level} and orders of {made.lot} (at least {made.cover_days} days' use), "
            f"{expected} of demand should be met at once; {aim[1]}.",
        ),
        (f"到货天数：{days}。", f"Lead times counted with: {days} days."),
    ]


def _cautions(made: Proposal) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if made.lead_assumed and made.outcome != "too_little_data":
        found.append(("到货天数是假定的，请在设置中填写。", "The lead time is assumed: enter the real ones in the settings."))
    if made.stockout_days:
        found.append(
            (
                f"最近 {made.stockout_days} 天无货可发，未计入平均。",
                f"For the last {made.stockout_days} days there was nothing to give out: these days are left out of the mean.",
            )
        )
    if made.expiring >= 0.5:
        amount = packs(made.expiring)
        found.append((f"{amount} 盒将在用完前过期，不计入可用。", f"{amount} packs will expire unused and do not count."))
    if made.blocked:
        amount = packs(made.blocked)
        found.append((f"{amount} 盒被召回或冻结，不计入可用。", f"{amount} packs are recalled or on hold and do not count."))
    if made.opened:
        amount = packs(made.opened)
        found.append((f"{amount} 盒已拆零，余量不计。", f"{amount} packs are opened; what is left in them is not counted."))
    if made.cap and made.reorder_level + made.lot > made.cap:
        share = f"{(1 - WASTE_RISK) * 100:.0f} %"
        found.append(
            (
                f"剩余效期 {made.life_days} 天：{share} 的把握能用完的最多 {made.cap} 盒。",
                f"With {made.life_days} days of life left, {made.cap} packs are the most that are used up in time "
                f"with {share} certainty.",
            )
        )
    return found + [_OVER[one] for one in made.over]


_OVER = {
    "expiry": (
        "整件取整后超过有效期上限，批准时须确认。",
        "Whole outer packs go over what is used before its date: approval must accept it.",
    ),
    "budget": ("金额超过预算，批准时须确认。", "The value is over the budget: approval must accept it."),
    "price": (
        "设了预算但没有单价，无法核对，批准时须确认。",
        "There is a budget but no price to check it with: approval must accept it.",
    ),
}
