"""Who and what is in the demonstration's world. Every name is invented; every number is under 952, the GS1 prefix that is set
aside for demonstrations, with its right check digit."""

from __future__ import annotations

from dataclasses import dataclass

from pedigree.identifiers import check_digit


def gln(prefix: str, item: int) -> str:
    """A 13-digit GLN under a 7-digit company prefix."""
    body = f"{prefix}{item:05}"
    return body + check_digit(body)


def gtin(prefix: str, item: int) -> str:
    """A 14-digit GTIN of a single pack."""
    body = f"0{prefix}{item:05}"
    return body + check_digit(body)


@dataclass(frozen=True, slots=True)
class Company:
    """A party with one place of its own. `place`: the place's GLN; the party's own GLN is `gln`."""

    key: str
    role: str
    prefix: str
    zh: str
    en: str
    city_zh: str
    city: str
    lat: float
    lon: float

    @property
    def gln(self) -> str:
        return gln(self.prefix, 0)

    @property
    def place(self) -> str:
        return gln(self.prefix, 1)

    @property
    def name(self) -> str:
        return f"{self.zh} {self.en}"

    @property
    def party_uri(self) -> str:
        return f"https://id.gs1.org/417/{self.gln}"

    @property
    def place_uri(self) -> str:
        return f"https://id.gs1.org/414/{self.place}"


@dataclass(frozen=True, slots=True)
class Item:
    """A product. `units`: the content of a pack; `share`: how much of the normal case size a case holds; `demand`: packs a
    customer gives out a day, relative to the others."""

    key: str
    maker: str
    number: int
    zh: str
    en: str
    strength: str
    form: str
    units: int
    kind: str = "drug"
    share: float = 1.0
    demand: float = 1.0


COMPANIES = (
    Company("m1", "maker", "9521101", "青岚制药", "Qinglan Pharmaceutical", "杭州", "Hangzhou", 30.27, 120.15),
    Company("m2", "maker", "9521102", "北门生物医疗", "Northgate Biomedical", "苏州", "Suzhou", 31.30, 120.58),
    Company("d1", "distributor", "9521201", "百合医药物流", "Baihe Medical Logistics", "上海", "Shanghai", 31.23, 121.47),
    Company("d2", "distributor", "9521202", "云山医药配送", "Yunshan Distribution", "广州", "Guangzhou", 23.13, 113.26),
    Company("d3", "distributor", "9521203", "长桥医药批发", "Changqiao Wholesale", "成都", "Chengdu", 30.57, 104.07),
    Company("h1", "hospital", "9521301", "东湖人民医院", "Donghu People's Hospital", "武汉", "Wuhan", 30.59, 114.31),
    Company("h2", "hospital", "9521302", "兰亭儿童医院", "Lanting Children's Hospital", "上海", "Shanghai", 31.20, 121.44),
    Company("p1", "pharmacy", "9521303", "仁心大药房", "Renxin Pharmacy", "广州", "Guangzhou", 23.12, 113.30),
    Company("p2", "pharmacy", "9521304", "和平药店", "Heping Pharmacy", "成都", "Chengdu", 30.66, 104.06),
    Company("r", "regulator", "9521901", "示范药品监督管理局", "Demonstration Drug Authority", "北京", "Beijing", 39.90, 116.40),
)
BY_KEY = {company.key: company for company in COMPANIES}
MAKERS = ("m1", "m2")
DISTRIBUTORS = ("d1", "d2", "d3")
CUSTOMERS = ("h1", "h2", "p1", "p2")
REGULATOR = BY_KEY["r"]

ITEMS = (
    Item("amoxicillin", "m1", 11, "阿莫西林胶囊", "Amoxicillin capsules", "0.25 g", "24 capsules", 24),
    Item("metformin", "m1", 12, "盐酸二甲双胍片", "Metformin tablets", "0.5 g", "20 tablets", 20, demand=1.4),
    Item("insulin", "m2", 21, "甘精胰岛素注射液", "Insulin glargine injection", "300 U / 3 ml", "5 cartridges", 5, demand=0.8),
    Item("ibuprofen", "m1", 13, "布洛芬混悬液", "Ibuprofen suspension", "100 ml", "1 bottle", 1),
    Item("stent", "m2", 31, "冠状动脉支架系统", "Coronary stent system", "3.0 x 18 mm", "1 device", 1, "device", 0.2, 0.15),
)
ITEM = {item.key: item for item in ITEMS}


def gtin_of(item: Item) -> str:
    """The product's GTIN."""
    return gtin(BY_KEY[item.maker].prefix, item.number)
