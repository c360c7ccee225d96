"""What a patient reads for each outcome: one sentence, one thing to do, in Chinese and English. Never "fake": a record can be
wrong, a code misread, and nearly all alerts are honest mistakes.
"""

from __future__ import annotations

from typing import NamedTuple

from services.verify.outcome import Code

Both = tuple[str, str]
"""(Chinese, English)."""


class Text(NamedTuple):
    """`head`: a few words for the top of the page."""

    head: Both
    sentence: Both
    action: Both


TEXTS: dict[Code, Text] = {
    Code.RECALLED: Text(
        ("已召回，请勿使用", "Recalled: do not use"),
        ("这种产品已被召回，原因见下方。", "This medicine or device has been recalled; the reason is given below."),
        (
            "请停止使用，带上包装到您得到它的药店或医院退回；如已使用，请咨询医生。",
            "Stop using it and take it back to the pharmacy or hospital you got it from. If you have used it, ask a doctor.",
        ),
    ),
    Code.INTEGRITY: Text(
        ("记录不可信，暂不显示", "This record can't be relied on"),
        (
            "该产品的记录与账本不一致，因此我们不显示其来源。",
            "Our record of this pack does not match the ledger, so we do not show where it has been.",
        ),
        (
            "在我们查明之前请勿使用；保留包装，请药师或医生用其他方式核对。",
            "Do not use it until this is cleared up. Keep the pack and ask your pharmacist or doctor to check it another way.",
        ),
    ),
    Code.SUSPECT: Text(
        ("可疑，请先核实", "Suspect: check before use"),
        (
            "该产品的记录中有不相符之处。这也可能只是登记有误。",
            "Something in the record of this pack does not fit. It may be nothing more than a clerical mistake.",
        ),
        (
            "核实之前请勿使用；保留包装和小票，询问您得到它的药店或医院，或拨打 12315。",
            "Do not use it yet. Keep the pack and the receipt and ask the pharmacy or hospital you got it from, or the drug "
            "authority (in China, call 12315).",
        ),
    ),
    Code.SOLD_MULTIPLE: Text(
        ("同一编码多次售出", "Sold more than once"),
        (
            "不同的地方都登记卖出了这个编码的包装，而每盒的编码应当只有一个。",
            "Packs with this code were sold in different places, yet every pack should have a code of its own.",
        ),
        (
            "请勿使用；保留包装和小票，交由药店或医院查验，或拨打 12315。",
            "Do not use it. Keep the pack and the receipt, and have the pharmacy or the drug authority look at it "
            "(in China, call 12315).",
        ),
    ),
    Code.SOLD_ELSEWHERE: Text(
        ("登记的售出对象不是您", "Recorded as sold to somebody else"),
        (
            "您说记录中的那次售出不是卖给您的；也许是药店登记有误，也许您的包装不是记录中的那一盒。",
            "You say that the recorded sale was not to you. The pharmacy may have made a mistake, or your pack is not the one in "
            "the record.",
        ),
        (
            "核实之前请勿使用；带上包装和小票，询问您购买的药店或医院，或拨打 12315。",
            "Do not use it yet. Take the pack and the receipt to where you got it and ask, or tell the drug authority "
            "(in China, call 12315).",
        ),
    ),
    Code.EXPIRED: Text(
        ("已过有效期", "Past its expiry date"),
        ("该产品已过有效期。", "This pack is past its expiry date."),
        (
            "请勿使用；可交药店回收，需要时请买新的。",
            "Do not use it. A pharmacy can dispose of it for you; get a new pack if you need one.",
        ),
    ),
    Code.ON_HOLD: Text(
        ("已被持有者暂停使用", "Put aside by its holder: not for use now"),
        (
            "持有这一盒的企业或医院已把它暂时搁置，例如等待质量检查；它现在不应被发出或使用。",
            "Whoever holds this pack has put it aside for now, for instance until its quality is checked. It should not be given "
            "out or used.",
        ),
        (
            "如果它已经在您手中，请先不要使用，并询问得到它的药店或医院。",
            "If you already have it, do not use it yet, and ask the pharmacy or hospital you got it from.",
        ),
    ),
    Code.IN_TRANSIT: Text(
        ("仍登记为运输途中", "Recorded as still on its way"),
        (
            "根据记录，该产品还在两家企业之间的运输途中，尚未到达。",
            "According to the record it is on its way from one company to another and has not arrived yet.",
        ),
        (
            "如果它已经在您手中，请询问得到它的药店或医院：可能只是收货尚未登记。",
            "If you already have it, ask the pharmacy or hospital you got it from: its arrival may just not be noted yet.",
        ),
    ),
    Code.UNKNOWN: Text(
        ("没有查到这个编码", "We do not know this code"),
        (
            "没有企业向我们报告过这个编码的生产。可能尚未上传，也可能是扫错或输错；这并不能证明它是假的。",
            "No maker has told us about a pack with this code. It may not have been uploaded yet, or it was misread or mistyped; "
            "this is no proof of a fake.",
        ),
        (
            "请再扫一次，或对照包装核对每个字母和数字；仍查不到，请问药师。",
            "Scan it again, or compare every letter and digit with the pack. If it is still unknown, ask your pharmacist.",
        ),
    ),
    Code.MANY_SCANS: Text(
        ("这个编码被查询了很多次", "This code has been checked many times"),
        (
            "很多人查过这个编码。一盒药通常只有几次查询，编码也许被抄到了别的包装上。",
            "This code has been looked up unusually often for a single pack. It may have been copied onto other packs.",
        ),
        (
            "如果是刚买的，请看包装封口是否完好；有疑问请问药师。",
            "If you have just bought it, check that the seal of the pack is unbroken, and ask your pharmacist if in doubt.",
        ),
    ),
    Code.LEDGER_PENDING: Text(
        ("最新的记录正在确认", "The newest entry is still being confirmed"),
        (
            "该产品的最新记录刚刚到达，还没有全部核对并写入账本。",
            "The newest entry about this pack came in just now and has not been fully checked and put on the ledger yet.",
        ),
        ("请几分钟后再看一次。", "Look again in a few minutes."),
    ),
    Code.PART_PACK: Text(
        ("已拆零发出一部分", "Part of this pack has been given out"),
        (
            "药店或医院已把其中一部分发给患者，其余仍在原处。",
            "A pharmacy or hospital has opened this pack and given part of it to a patient; the rest is still there.",
        ),
        (
            "如果您拿到的是整盒未拆封的药，请询问药师。",
            "If you were given this pack whole and unopened, ask your pharmacist.",
        ),
    ),
    Code.SOLD_HERE: Text(
        ("与您的购买相符", "This matches your purchase"),
        (
            "记录显示这一盒只售出过一次，您说正是卖给您的。",
            "The record shows a single sale of this pack, and you say that it was to you.",
        ),
        ("请按医嘱或说明书使用，并妥善保留包装。", "Use it as your doctor or the leaflet says, and keep the pack."),
    ),
    Code.NOT_SOLD: Text(
        ("记录正常，尚未售出", "The record is in order; not sold yet"),
        (
            "记录中没有不相符之处；它仍在下面所示的持有者那里，尚未登记售出。",
            "Nothing in the record contradicts this pack. It is still with the holder shown below, and no sale has been noted.",
        ),
        (
            "刚刚买到？药店可能还没有上传，两天后请再看一次；若仍未显示售出，请询问药店。",
            "Bought just now? The sale may not be uploaded yet: look again in two days, and ask the pharmacy if it still is not "
            "there.",
        ),
    ),
    Code.UNREADABLE: Text(
        ("无法识别这个编码", "We can't read this code"),
        ("这不是我们认识的药品或器械编码。", "This is not a code of a medicine or device that we know how to read."),
        (
            "请扫描包装上的追溯码（二维码），或把它完整地重新输入。",
            "Scan the code with the serial number on the pack, or type it again in full.",
        ),
    ),
    Code.CHECK_DIGIT: Text(
        ("有一位数字不对", "One digit is wrong"),
        (
            "编码的校验位不符，通常是输错或扫错了一位。",
            "The check digit does not fit, which nearly always means that one digit was mistyped or misread.",
        ),
        ("请对照包装重新输入或重新扫描。", "Compare it with the pack and type or scan it again."),
    ),
}

REASONS: dict[str, Both] = {
    # recalls
    "class_I": ("一级召回：可能造成严重健康危害", "Class I recall: it may do serious harm"),
    "class_II": ("二级召回：可能造成暂时或可逆的危害", "Class II recall: it may do temporary harm"),
    "class_III": ("三级召回：一般不会造成危害", "Class III recall: harm is not likely"),
    # the label
    "lot_mismatch": ("包装上的批号与记录不符", "The lot on the pack is not the one in the record"),
    "expiry_mismatch": ("包装上的有效期与记录不符", "The expiry date on the pack is not the one in the record"),
    # what became of it
    "destroyed": ("记录显示它已被销毁", "According to the record it was destroyed"),
    "used_up": ("记录显示它已被分装或用于生产", "According to the record it was repacked or used up"),
    "decommissioned": ("记录显示它已退出流通", "According to the record it was taken out of trade"),
    "held": ("监管机构已要求暂停使用", "The drug authority has put it on hold"),
    # its way
    "recorded": ("其经历中有不相符之处", "Something in its history does not fit"),
    "unknown_origin": ("没有它的生产记录", "Nobody recorded that it was made"),
    "origin_missing": (
        "生产企业称已上传该批次的全部编码，其中没有这一个，却有人登记经手了它",
        "Its maker says that it has uploaded every code of this lot; this one is not among them, yet it was traded",
    ),
    "diversion": ("收货的企业不是收件企业", "It was received by another company than it was sent to"),
    "not_where_inferred": ("它出现的地方与它所在箱子的记录不符", "It turned up elsewhere than the record of its case says"),
    "not_received": ("发出很久仍没有到货记录", "It was sent long ago and its arrival was never recorded"),
    "used_in_transit": ("在运输途中就被使用", "It was used while still on its way"),
    "handled_without_custody": ("经手的企业并不持有它", "A company that did not have it says that it handled it"),
    "ended_without_custody": ("注销它的企业并不持有它", "A company that did not have it says that it took it out of trade"),
    "packed_elsewhere": ("装箱的地点与它所在的地方不符", "It was packed in a place where it was not"),
    "part_elsewhere": ("拆开后余下的部分在另一地点售出", "It was opened in one place, and the rest was given out in another"),
    "two_containers": ("同时被登记在两个箱子里", "It is recorded as being in two boxes at once"),
    "aggregation_circle": ("装箱记录互相矛盾", "The packing records contradict each other"),
    "on_hold": ("暂停期间被动用", "It was moved while it was on hold"),
    "not_entitled": ("有一条记录由无权登记的一方提交", "One entry was made by somebody who may not speak for the company named"),
    "suspect_input": ("由可疑的产品分装而来", "It was repacked from something suspect"),
    "post_dated": ("有一条记录的时间不可能属实", "The time of one entry can't be true"),
    "time_contradiction": ("两条记录的时间不可能同时属实", "The times of two entries can't both be true"),
    "legacy_stock": ("接入本系统之前的旧库存", "Old stock from before this record"),
    "shipped_without_custody": ("并不持有它的企业登记了发货", "A company that did not have it says that it shipped it"),
    "backdated": ("有一条记录的时间被提前", "The time of one entry was moved back"),
    "already_commissioned": ("同一编码被登记生产两次", "This code was given out twice"),
    "not_entitled_to_commission": ("登记生产的一方无权使用这个编码", "Whoever gave out this code was not entitled to"),
    "sale_not_by_holder": ("登记售出的一方并不持有它", "It was sold by somebody who did not have it"),
    "repeat_dispensing": ("在不止一处被登记售出", "It was sold in more than one place"),
    "over_content": ("登记售出的数量超过包装含量", "More was given out than the pack holds"),
    "after_end": ("售出之后又出现在流通中", "It was traded again after it had been sold"),
    "impossible_travel": ("短时间内出现在相距很远的两地", "It was in two places too far apart for the time between"),
    # of packs that are in order
    "chain_unexplained": ("有一次交接没有登记", "One hand-over on its way was not recorded"),
    "chain_legacy": ("接入本系统之前的旧库存，更早的经历没有记录", "Old stock: what came before is not recorded here"),
    "chain_nonparticipant": ("途经一家未接入的企业", "It passed through a company that does not take part"),
    "chain_late": ("有的记录上传较晚", "Some entries came in late"),
    # others
    "upload_closed": (
        "生产企业称已上传该批次的全部编码，其中没有这一个",
        "The maker says that it has uploaded every code of this lot, and this one is not among them",
    ),
    "deciding": ("有一条记录还在核对", "One entry is still being checked"),
    "anchoring": ("有一条记录还没有写入账本", "One entry is not on the ledger yet"),
    "not_shown_yet": ("记录刚刚到达，还不能显示", "The record has just come in and can't be shown yet"),
    # what a code is not
    "no_pack": ("这个编码代表的是地点或企业，不是产品", "This code names a place or a company, not a product"),
    "unreadable": ("编码不完整，或含有不该有的字符", "It is incomplete, or has characters that do not belong in a code"),
    "duplicate_ai": ("编码中有一项出现了两次", "One part of the code is there twice"),
    "unknown_scheme": ("这是另一种编码", "It is a code of another kind"),
}


def sentence_of(code: Code, reasons: tuple[str, ...]) -> tuple[Text, list[Both]]:
    """The text of an outcome, and the words for its reasons; a reason without words of its own is "something does not fit"."""
    words = [REASONS.get(reason, REASONS["recorded"]) for reason in reasons]
    return TEXTS[code], list(dict.fromkeys(words))
