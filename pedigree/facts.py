"""What facts say: the value of each kind of `Fact`, typed. The log of facts is folded by `pedigree.registry`.

A later fact of the same kind and key replaces the earlier one; nothing is deleted, things end by a date. Times are int
milliseconds UTC, intervals half-open `[from, to)`; parties and places are 13-digit GLNs, products 14-digit GTINs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, field

from pedigree.canonical import HexHash, Millis, Name
from pedigree.messages import END, Fact

OPERATOR = "operator"
"""Author of facts made with the command."""

Gln = Annotated[str, Meta(pattern=r"^[0-9]{13}\Z")]
Gtin = Annotated[str, Meta(pattern=r"^[0-9]{14}\Z")]
Text = Annotated[str, Meta(max_length=500)]
Prefix = Annotated[str, Meta(pattern=r"^([0-9]{4,12}|urn:medtrace:[!-~]{1,100})\Z")]
"""A GS1 company prefix, or how opaque codes of the party begin (`urn:medtrace:china20:8123456`)."""
PartyRole = Literal["maker", "distributor", "carrier", "hospital", "pharmacy", "clinic", "regulator"]
KeyRole = Literal["capture", "query", "regulator", "procurement", "admin"]
RecallClass = Literal["I", "II", "III"]
PaperKind = Literal["inspection_report", "certificate", "import_permit", "delivery_note", "other"]
PaperMedia = Literal["application/pdf", "image/png", "image/jpeg", "text/plain", "application/xml"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Common to all values: the fact's key and time, filled in from the fact itself."""

    id: str = ""
    stated: int = 0


class Site(msgspec.Struct, frozen=True):
    """A place of a party."""

    gln: Gln
    name: Text = ""
    city: Text = ""
    territory: Text = ""
    time_zone: Text = "Asia/Shanghai"
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    kind: Text = ""


class Party(Value, frozen=True, kw_only=True):
    """Key: its GLN. `precision_ms`: how exactly its systems note event times, 0 = the usual ten minutes."""

    name: Annotated[str, Meta(min_length=1, max_length=500)]
    role: PartyRole
    prefixes: tuple[Prefix, ...] = ()
    sites: tuple[Site, ...] = ()
    participates_from: Millis = 0
    seal_required: bool = False
    precision_ms: Annotated[int, Meta(ge=0, le=86_400_000)] = 0
    public: bool = False


class Delegation(Value, frozen=True, kw_only=True):
    """`delegate` may attest and act for `principal` in [from, to). Key: any."""

    principal: Gln
    delegate: Gln
    kind: Literal["3pl", "contract_maker", "repackager"] = "3pl"
    since: Millis = field(name="from", default=0)
    until: Millis = field(name="to", default=END)


class ApiKey(Value, frozen=True, kw_only=True):
    """Key: its short public id. `hash`: SM3 of the key in hex; the key itself is nowhere. `revoked` 0 = not."""

    hash: HexHash
    party: Gln
    roles: tuple[KeyRole, ...]
    created: Millis = 0
    revoked: Millis = 0


class SealKey(Value, frozen=True, kw_only=True):
    """Key: the SM2 key's id. `public_key`: 130 hex digits or PEM. A stolen key is revoked as of the theft, or 1 = always."""

    public_key: Text
    party: Gln
    since: Millis = field(name="from", default=0)
    until: Millis = field(name="to", default=END)
    revoked: Millis = 0


class Device(Value, frozen=True, kw_only=True):
    """A scanner that signs a journal. Key: any; journals name it by its SM2 key's id."""

    party: Gln
    public_key: Text
    name: Text = ""
    revoked: Millis = 0


class DeviceOffset(Value, frozen=True, kw_only=True):
    """How far the clock of a device (its key) or a site (its GLN) is ahead of UTC, in [from, to). Key: any."""

    subject: Name
    offset_ms: Annotated[int, Meta(ge=-86_400_000, le=86_400_000)] = 0
    since: Millis = field(name="from", default=0)
    until: Millis = field(name="to", default=END)


class Scope(Value, frozen=True, kw_only=True):
    """Which packs a recall or hold is about: all of a GTIN, of a lot, or the serials that are listed or lie in a range (both ends
    count; only serials as long as the ends, so that 100 does not lie between 1 and 2). `lifted` 0 = still stands."""

    gtin: Gtin
    lot: Text = ""
    serials: tuple[Text, ...] = ()
    first_serial: Text = ""
    last_serial: Text = ""
    market: Text = ""
    reason: Text = ""
    since: Millis = field(name="from", default=0)
    lifted: Millis = 0

    def covers(self, lot: str, serial: str, at: int) -> bool:
        """Whether it stands at that time for that pack of its GTIN; '' for a lot or serial that is not known."""
        stands = self.since <= at and (self.lifted == 0 or at < self.lifted)
        if not stands or self.lot not in ("", lot):
            return False
        if not self.serials and not self.first_serial:
            return True
        return serial in self.serials or (
            len(serial) == len(self.first_serial) > 0 and self.first_serial <= serial <= self.last_serial
        )

    def listed(self, most: int) -> tuple[list[str], bool]:
        """The serials that it names, at most so many, and whether these are all; a range only where its ends are numbers."""
        first, last = self.first_serial, self.last_serial
        numbers = first.isascii() and first.isdigit() and last.isascii() and last.isdigit()
        low, high = (int(first), int(last)) if numbers else (0, -1)
        found = [*self.serials[:most], *(str(n).zfill(len(first)) for n in range(low, min(high + 1, low + most)))]
        return found[:most], len(self.serials) + high - low + 1 <= most and (numbers or not first)


class Recall(Scope, frozen=True, kw_only=True):
    """Key: the recall's number. `level` is written `class`."""

    level: RecallClass = field(name="class", default="I")


class Hold(Scope, frozen=True, kw_only=True):
    """A freeze short of a recall. Key: its number. `by`: the party that ordered it."""

    by: Text = ""


class Product(Value, frozen=True, kw_only=True):
    """Key: its GTIN. `units`: the content of one pack (tablets), 0 = unknown."""

    names: dict[str, Text] = field(name="name")
    maker: Text = ""
    strength: Text = ""
    form: Text = ""
    units: Annotated[float, Meta(ge=0)] = 0.0
    kind: Literal["drug", "device"] = "drug"


class Legacy(Value, frozen=True, kw_only=True):
    """Stock that was never commissioned here, declared by who holds it. Key: any."""

    party: Gln
    site: Text = ""
    gtin: Gtin
    lot: Text = ""
    quantity: Annotated[float, Meta(ge=0)] = 0.0
    until: Millis = field(name="to", default=END)


class UploadClosed(Value, frozen=True, kw_only=True):
    """The maker says that every serial of the lot has been uploaded: an unknown one is then a stronger sign. Key: any."""

    maker: Gln
    gtin: Text = ""
    lot: Text


class LaneNorm(Value, frozen=True, kw_only=True):
    """How long goods may be under way between two parties or sites. Key: any; '' as an end = every one."""

    origin: Text = field(name="from", default="")
    destination: Text = field(name="to", default="")
    days: Annotated[float, Meta(gt=0, le=400)] = field(name="max_days", default=14.0)


class ScanCount(Value, frozen=True, kw_only=True):
    """How often a public page was asked for a unit, so far. Key: the unit. No address, no person."""

    count: Annotated[int, Meta(ge=0)]


class Rules(Value, frozen=True, kw_only=True):
    """A version of the rules applies to what is recorded from then on. Key: its number."""

    since: Annotated[int, Meta(ge=1)] = field(name="from")


class Alias(Value, frozen=True, kw_only=True):
    """Another system's id of a party or place (a code platform's company id). Key: that id."""

    gln: Gln


class Paper(Value, frozen=True, kw_only=True):
    """Who handed in a paper, and what it is. Key: its SM3 in hex, `/`, the party, so that another party that hands in the same
    bytes changes nothing for the first. `size` in bytes; `given`: when."""

    hash: HexHash
    party: Gln
    title: Text
    kind: PaperKind
    media: PaperMedia
    size: Annotated[int, Meta(ge=1)]
    given: Millis


class Note(Value, frozen=True, kw_only=True):
    """Orders and feedback: their own services know their fields."""

    value: dict[str, Any] = field(default_factory=dict)


KINDS: dict[str, type[Value]] = {
    "party": Party,
    "delegation": Delegation,
    "key": ApiKey,
    "seal_key": SealKey,
    "device": Device,
    "device_offset": DeviceOffset,
    "recall": Recall,
    "hold": Hold,
    "product": Product,
    "legacy": Legacy,
    "upload_closed": UploadClosed,
    "lane_norm": LaneNorm,
    "scan_count": ScanCount,
    "alias": Alias,
    "rules": Rules,
    "paper": Paper,
    "order": Note,
    "reorder": Note,
    "feedback": Note,
}

V = TypeVar("V", bound=Value)


def value_of(fact: Fact) -> Value | None:
    """The typed value, with `id` and `stated` filled in; None for an unknown kind or a value that doesn't fit."""
    made = _convert(fact)
    return made if isinstance(made, Value) else None


def fault_of(fact: Fact) -> str:
    """Why `value_of` gives None, '' when it doesn't."""
    made = _convert(fact)
    return made if isinstance(made, str) else ""


def _convert(fact: Fact) -> Value | str:
    kind = KINDS.get(fact.kind)
    if kind is None:
        return f"kind: there is no kind of fact named {fact.kind[:40]!r}"
    own = {"value": fact.value} if kind is Note else fact.value
    try:
        return msgspec.convert({**own, "id": fact.key, "stated": fact.time}, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        return f"value: {error}"


def fact_of(kind: str, value: Value, author: str, time: int) -> Fact:
    """The fact that states `value` (its `id` becomes the key)."""
    plain = value.value if isinstance(value, Note) else msgspec.to_builtins(value)
    return Fact(kind, value.id, {k: v for k, v in plain.items() if k not in ("id", "stated")}, time, author)
