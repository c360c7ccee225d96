"""Codes of parties, places and moments as people read them. Times always with their zone and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pedigree.identifiers import describe, gln_of
from pedigree.messages import END
from pedigree.registry import Registry
from services.problems import bad_query

Lang = Literal["zh", "en"]
ROLE: dict[str, tuple[str, str]] = {
    "maker": ("生产企业", "maker"),
    "distributor": ("流通企业", "distributor"),
    "carrier": ("承运企业", "carrier"),
    "hospital": ("医院", "hospital"),
    "pharmacy": ("药店", "pharmacy"),
    "clinic": ("诊所", "clinic"),
    "regulator": ("监管机构", "regulator"),
}
HOME_ZONE = "Asia/Shanghai"
"""Where a place's own zone is not registered."""


class Named(msgspec.Struct, frozen=True):
    """A party or place: its code (what events carry), a name for people ('' = not registered) and what it is."""

    id: str
    name: str
    kind: str = ""
    city: str = ""

    def __str__(self) -> str:
        return self.name or self.id


class Moment(msgspec.Struct, frozen=True):
    """A moment: ms UTC, the wall clock at the place, its zone, and UTC."""

    ms: int
    local: str
    zone: str
    utc: str


class Names:
    """Looks names up in one version of the registry, in one language."""

    def __init__(self, registry: Registry, lang: Lang) -> None:
        self._registry = registry
        self.lang = lang

    def party(self, id: str) -> Named:
        """`id`: 13-digit GLN, or the URI that a partner used; '' gives an empty name."""
        found = self._registry.party(id)
        if found is None:
            return Named(id, "")
        return Named(id, found.name, say(ROLE, found.role, self.lang))

    def role(self, id: str) -> str:
        found = self._registry.party(id)
        return found.role if found is not None else ""

    def place(self, uri: str) -> Named:
        """A place URI (AI 414, with or without extension), or a bare GLN."""
        gln = gln_of(uri) or uri
        site = self._registry.site(gln)
        extension = describe(uri).serial if uri else ""
        shown = f"{gln} ({extension})" if extension else gln
        if site is not None:
            return Named(shown, site.name, site.kind, site.city)
        owner = self._registry.party(gln)
        return Named(shown, owner.name if owner is not None else "")

    def moment(self, ms: int, place: str = "") -> Moment | None:
        """None for an interval that is still open, and for no time at all."""
        if ms <= 0 or ms >= END:
            return None
        site = self._registry.site(gln_of(place) or place) if place else None
        zone = _zone(site.time_zone if site is not None else HOME_ZONE)
        at = datetime.fromtimestamp(ms / 1000, UTC)
        local = at.astimezone(zone)
        offset, clock = local.strftime("%z"), "%Y-%m-%d %H:%M:%S"
        return Moment(ms, local.strftime(clock), f"{offset[:3]}:{offset[3:5]} {zone.key}", at.strftime(f"{clock} UTC"))

    def product(self, gtin: str) -> str:
        """The product's name in the reader's language, else in the other one, else ''."""
        found = self._registry.product(gtin)
        if found is None:
            return ""
        name = found.names.get(self.lang) or next(iter(found.names.values()), "")
        return f"{name} {found.strength}".strip()


def say(words: Mapping[Any, tuple[str, str]], code: int | str, lang: str) -> str:
    """The word for a code; the code itself, readable, for one that has no word yet."""
    found = words.get(code)
    if found is None:
        return str(code).replace("_", " ")
    return found[0] if lang == "zh" else found[1]


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("Etc/UTC")


def short(epc: str) -> str:
    """A unit's key for a narrow column: what stands on its label."""
    key = describe(epc)
    if key.kind == "sgtin":
        return f"{key.gtin} · {key.serial}"
    return key.value + (f" · {key.lot}" if key.lot else "") if key.value else epc


def typed_time(text: str, field: str) -> int:
    """ms UTC of a date or time as it is typed; without an offset it is China's time. 400 for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
        return int((at if at.tzinfo else at.replace(tzinfo=_zone(HOME_ZONE))).timestamp() * 1000)
    except (ValueError, OverflowError) as wrong:
        raise bad_query(f"{field}: {text[:40]!r} is no time such as 2026-05-01T09:30 or 2026-05-01T01:30Z") from wrong
