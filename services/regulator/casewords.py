"""What kinds of cases are called, and what to do next about each. Chinese, English."""

from __future__ import annotations

KIND: dict[str, tuple[str, str]] = {
    "misread": ("误读编码", "codes read wrongly"),
    "upload": ("整批未上传", "a lot that was never uploaded"),
    "origin": ("来源不明的编码", "codes of unknown origin"),
    "clock": ("设备时钟有误", "a device's clock is wrong"),
    "times": ("时间不实", "times that can't be true"),
    "contents": ("箱内物品与记录不符", "contents of a container differ from its record"),
    "transit": ("发出未到", "shipped and never received"),
    "diversion": ("串货", "diversion"),
    "resale": ("重复售出或终结后再现", "sold again, or seen after its end"),
    "custody": ("未持有而经手", "handled by a party that did not have it"),
    "codes": ("重复或无权赋码", "codes given out twice or without right"),
    "label": ("批号或有效期不符", "lot or expiry differs"),
    "repackaging": ("可疑品再包装", "suspect goods were repackaged"),
    "entitlement": ("无权代报", "attested without right"),
    "balance": ("批次数量不足", "more of a lot went out than came in"),
    "rhythm": ("记录时间异常", "times of notes differ from the place's habit"),
}
NEXT: dict[str, tuple[str, str]] = {
    "misread": (
        "检查该扫描枪的键盘设置（大小写锁定、键盘布局），改正后由该单位更正这些事件。",
        "Check this scanner's keyboard setting (caps lock, layout); its owner then corrects these events.",
    ),
    "upload": ("请生产企业补传该批次的全部赋码记录。", "Ask the maker to upload all serials of the lot."),
    "origin": (
        "请首个经手企业出示来货票据；向生产企业核对这些序列号是否真实。",
        "Ask the first party for its papers; ask the maker whether these serials exist.",
    ),
    "clock": (
        "请该单位校准设备时钟；确认后在注册表登记其偏差。",
        "Have the device's clock set; register its offset once confirmed.",
    ),
    "times": (
        "调取该地点设备日志与监控，核对实际操作时间；与补录习惯比对。",
        "Get the device journals and cameras of the place and compare the real times of these acts.",
    ),
    "contents": (
        "开箱清点，与装箱清单比对；请装箱方更正。",
        "Open and count, compare with the packing list; the packer corrects it.",
    ),
    "transit": (
        "向承运方和收货方核实；核对运单与签收。",
        "Ask carrier and receiver; compare the waybill with the delivery note.",
    ),
    "diversion": ("核对合同销售区域与发票；约谈发货方。", "Compare contract territory and invoices; question the sender."),
    "resale": (
        "封存在手实物并送检；比对各处销售票据，查明哪一件是原件。",
        "Secure the packs at hand for testing; compare the sales slips to learn which one is genuine.",
    ),
    "custody": (
        "核查其进货凭证与库存；是否存在虚假出库。",
        "Check its purchase papers and stock: was anything shipped on paper only?",
    ),
    "codes": (
        "向编码所有者核实；暂停该企业的赋码权限。",
        "Ask the owner of the codes; suspend the party's right to give them out.",
    ),
    "label": ("抽样核对实物标签。", "Compare the labels of samples with the record."),
    "repackaging": ("检查再包装企业的资质与来货。", "Inspect the repackager's licence and sources."),
    "entitlement": ("确认委托关系并登记，或撤销该密钥。", "Register the delegation if there is one, or revoke the key."),
    "balance": ("盘点该批次库存。", "Count the stock of the lot."),
    "rhythm": ("抽查该时段的原始记录。", "Look at the original notes of those days."),
}
STATE: dict[str, tuple[str, str]] = {
    "open": ("待处理", "open"),
    "confirmed": ("已确认", "confirmed"),
    "dismissed": ("已排除", "dismissed"),
}
RHYTHM: dict[str, tuple[str, str]] = {
    "full_hours": ("多日时间均为整点", "days on which times are full hours"),
    "late": ("多日迟报", "days noted late"),
    "older": ("早于同批上传的记录", "dated long before what it was uploaded with"),
    "ahead": ("时间晚于上传时刻", "dated after its own upload"),
}
"""What a case of kind `rhythm` is about."""
