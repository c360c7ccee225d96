"""The other words of the public pages, and how a stop on a pack's way is put into a sentence. Chinese and English."""

from __future__ import annotations

import re

from services.console.names import Lang

Both = tuple[str, str]

KINDS: dict[str, Both] = {
    "maker": ("生产企业", "a maker"),
    "distributor": ("批发企业", "a wholesaler"),
    "carrier": ("运输企业", "a carrier"),
    "hospital": ("医院", "a hospital"),
    "pharmacy": ("药店", "a pharmacy"),
    "clinic": ("诊所", "a clinic"),
    "regulator": ("监管机构", "the drug authority"),
    "": ("未登记的企业", "a company that is not registered"),
}
"""What the public sees of everybody but the maker."""

STOPS: dict[str, Both] = {
    "made": ("由{who}生产", "Made by {who}"),
    "packed": ("由{who}装箱", "Packed by {who}"),
    "declared": ("由{who}登记为旧库存", "Declared as old stock by {who}"),
    "with": ("到达{who}", "Arrived at {who}"),
    "on_way": ("发往{who}", "Sent to {who}"),
    "sent": ("由{who}发出", "Sent by {who}"),
    "part_sold": ("由{who}拆零发出一部分", "Part of it given out by {who}"),
    "sold": ("由{who}售出", "Sold by {who}"),
    "decommissioned": ("由{who}注销", "Taken out of trade by {who}"),
    "destroyed": ("由{who}销毁", "Destroyed by {who}"),
    "used_up": ("由{who}分装或用于生产", "Repacked or used up by {who}"),
}

STATUS: dict[str, Both] = {
    "none": ("没有记录", "not recorded"),
    "active": ("在库，未售出", "in stock, not sold"),
    "in_transit": ("运输途中", "on its way"),
    "dispensed": ("已售出", "sold"),
    "part_dispensed": ("已拆零发出一部分", "given out in part"),
    "decommissioned": ("已退出流通", "taken out of trade"),
    "destroyed": ("已销毁", "destroyed"),
    "used_up": ("已分装或用于生产", "repacked or used up"),
}

_WORDS: dict[str, Both] = {
    "site": ("药品器械追溯查询", "Check a medicine or device"),
    "other_language": ("English", "中文"),
    "skip": ("跳到结果", "Skip to the result"),
    "simulation": (
        "模拟模式：记录时间由发送方给出，不是真实时间，此处内容不作为证据。",
        "Simulation: senders choose the record times, so nothing here is evidence.",
    ),
    "result": ("查询结果", "Result"),
    "todo": ("怎么办", "What to do"),
    "also": ("还有", "Also"),
    "ask_head": ("已售出一次：是卖给您的吗？", "Sold once: was it to you?"),
    "ask_text": (
        "每盒只应售出一次。请对照您的小票：",
        "A pack is sold only once. Compare this with your receipt:",
    ),
    "ask_question": (
        "是在那时那地卖给（发给）您的吗？",
        "Was it sold or given to you there and then?",
    ),
    "sold_by": ("售出方", "Sold by"),
    "city": ("城市", "City"),
    "day": ("日期", "Day"),
    "yes": ("是，是我", "Yes, that was me"),
    "no": ("不是", "No"),
    "private": ("您的回答只用于显示本页，不会被保存。", "Your answer only changes this page. It is not kept."),
    "change": ("更改回答", "Change my answer"),
    "container": ("这是一个箱子或托盘", "This is a case or a pallet"),
    "container_text": (
        "它的流转记录如下。要查询一盒药，请扫描药盒上的编码。",
        "Its way is shown below. To check a single pack, scan the code on the pack itself.",
    ),
    "asset": ("这是一件可追溯的物品", "This is a registered item"),
    "lot_head": ("该批次没有召回记录", "No recall is known for this lot"),
    "product_head": ("该产品没有召回记录", "No recall is known for this product"),
    "lot_text": (
        "这个编码只到批次或品种，看不出是哪一盒。要查一盒药，请扫描带序列号的追溯码。",
        "This code names a lot or a product, not a single pack. To check a pack, scan the code that has its serial number.",
    ),
    "pack": ("产品信息", "About this pack"),
    "about_code": ("编码本身所示", "What the code itself says"),
    "about_container": ("箱子或托盘", "About this case or pallet"),
    "product": ("名称", "Name"),
    "maker": ("生产企业", "Maker"),
    "lot": ("批号", "Lot"),
    "expiry": ("有效期至", "Use by"),
    "serial": ("序列号", "Serial number"),
    "code": ("编码", "Code"),
    "status": ("状态", "Status"),
    "unregistered": ("未登记", "not registered here"),
    "compare": ("请与包装上印的内容对照。", "Compare this with what is printed on the pack."),
    "label_says": ("包装上为", "the label says"),
    "sales": ("登记的售出", "Recorded sales"),
    "recalls": ("召回", "Recalls"),
    "recall_number": ("编号", "No."),
    "since": ("自", "since"),
    "journey": ("它的经历", "Where it has been"),
    "journey_note": (
        "除生产企业外，只显示经手者的类型和城市。",
        "Except for the maker, only the kind of each company and its city are shown.",
    ),
    "now": ("现在", "now"),
    "in_container": ("随箱或托盘", "inside a case or pallet"),
    "inferred": ("由箱子或托盘的记录推断", "concluded from the record of its case or pallet"),
    "signed_author": ("本人签名", "signed by its author"),
    "signed_gateway": ("由网关证明", "attested by the gateway"),
    "withheld": (
        "该记录与账本不一致，来源暂不显示。",
        "Where it has been is not shown, because the record does not match the ledger.",
    ),
    "evidence": ("凭什么相信？", "Why believe this?"),
    "evidence_ok": (
        "我们刚刚重新核对：本页内容与账本一致。",
        "We have just checked again: this page agrees with the ledger.",
    ),
    "evidence_catching_up": (
        "账本正在跟上最新的记录。",
        "The ledger is catching up with the newest entries.",
    ),
    "anchored": (
        "{n} 条记录中有 {m} 条已由签名的检查点锁定，任何人都无法悄悄更改。",
        "{m} of {n} entries are under a signed checkpoint: nobody can change them unnoticed.",
    ),
    "signed": (
        "{n} 条中有 {m} 条由提交者签名，其余由接收它们的网关证明。",
        "{m} of {n} reports are signed by their author; the others are attested by the gateway that took them.",
    ),
    "checkpoint": ("检查点时间", "Checkpoint of"),
    "download": ("下载证明文件", "Download the proof"),
    "offline": (
        "无需信任我们也能离线验证：",
        "You can check it offline, without trusting us:",
    ),
    "check_yourself": ("自己核对", "Check it yourself"),
    "check_keys": (
        "该页面可保存到设备上离线使用。还需要公钥文件 published.json：请向您信任的机构（如监管机构、医院）索取，不要向我们索取。",
        "That page can be saved and used offline. It also needs the published keys, published.json: ask an organisation that you "
        "trust for them, such as the regulator or a hospital, not us.",
    ),
    "no_proof": ("证明文件要等下一个检查点，请稍后再看。", "There is a proof after the next checkpoint; look again soon."),
    "scans": ("这个编码已被公开查询 {n} 次。", "This code has been looked up {n} times on public pages."),
    "scans_one": ("这是第一次有人公开查询这个编码。", "This is the first public look at this code."),
    "again": ("查询另一个编码", "Check another code"),
    "field": ("追溯码", "Code"),
    "field_hint": (
        "输入药盒上的 20 位追溯码，或 (01)…(21)… 编码、网址、SSCC",
        "Type the code on the pack: (01)…(21)…, 20 digits, a web address, or an SSCC",
    ),
    "check": ("查询", "Check"),
    "home_head": ("这盒药从哪里来？", "Where has this pack been?"),
    "home_text": (
        "用手机扫一扫包装上的二维码，就会打开它的页面；也可以在这里输入编码。",
        "Scan the code on the pack with your phone and its page opens, or type the code here.",
    ),
    "home_1": (
        "我们会告诉您：它由谁生产、经过哪些类型的企业、是否被召回、是否过期、是否已经售出。",
        "You will see who made it, what kinds of companies had it, and whether it is recalled, expired or already sold.",
    ),
    "home_2": (
        "查不到并不等于假药：编码可能尚未上传，也可能扫错。",
        "A code that we do not know is no proof of a fake: it may not have been uploaded, or was misread.",
    ),
    "home_3": (
        "每条记录都可以离线验证；我们不保存您的地址，也不使用 Cookie。",
        "Every record can be checked offline. We keep no address of yours and set no cookie.",
    ),
    "read_as": ("编码似乎缺少分隔符，我们这样理解：", "A separator seems to be missing in the code; we read it as:"),
    "time_note": (
        "时间均为当地时间，后面是与世界时（UTC）之差。",
        "All times are local; behind each is how far it is ahead of UTC.",
    ),
    "as_of": ("查询时间", "As of"),
    "error": ("出错了", "Something went wrong"),
    "error_429": ("查询太频繁，请稍等片刻再试。", "That was too many requests. Please wait a moment and try again."),
    "error_503": ("系统暂时不可用，请稍后再试。", "The system is not available just now. Please try again soon."),
    "error_401": ("这里需要登录或密钥。", "This needs a key: sign in at your own desk, or send the key with the request."),
    "error_404": ("没有这个页面。", "There is no such page."),
    "error_other": ("请检查编码后重试。", "Please check the code and try again."),
}

WORDS: dict[Lang, dict[str, str]] = {
    "zh": {name: both[0] for name, both in _WORDS.items()},
    "en": {name: both[1] for name, both in _WORDS.items()},
}


_BILINGUAL = re.compile(r"([\u4e00-\u9fff]+)\s+([A-Za-z][A-Za-z .'-]*)")


def place_name(city: str, lang: Lang) -> str:
    """A city that is registered in both languages (`广州 Guangzhou`) in the reader's one; any other text as it is."""
    both = _BILINGUAL.fullmatch(city)
    return city if both is None else both[1 if lang == "zh" else 2]


def pick(both: Both, lang: Lang) -> str:
    return both[0] if lang == "zh" else both[1]


def somebody(role: str, city: str, name: str, lang: Lang) -> str:
    """A company as the public sees it: `name` (a maker's), else its kind and city. `role` '' = not registered."""
    if name:
        return f"{name}（{city}）" if city and lang == "zh" else f"{name}, {city}" if city else name
    kind = pick(KINDS.get(role, KINDS[""]), lang)
    if not city:
        return kind
    return f"{city}的{kind}" if lang == "zh" else f"{kind} in {city}"


def stop_text(what: str, who: str, lang: Lang) -> str:
    return pick(STOPS[what], lang).format(who=who)
