"""The messages that travel between the steps, and the rows they carry. All are msgspec structs written as
msgpack arrays (`encode` / `decode_*`): one canonical byte form, which is what is hashed and signed.

Times are int milliseconds UTC. Event hashes are the 32 raw bytes of the CBV hash (`event_uri` gives its text form).
A party is its 13-digit GLN (or, where a partner names no GLN, the URI that it used). A unit is its canonical key.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pedigree.seal import Seal

END = 253402300799999
"""An interval that is still open ends here (9999-12-31): an indexable value instead of null."""


class Attestation(msgspec.Struct, array_like=True, frozen=True, order=True):
    """Who says so, and since when we know it."""

    record_time: int
    party: str
    entitled: bool
    """The attester is the actor, its delegate, or the regulator, at record time."""
    device: str = ""
    seal: str = ""
    """Key id of the seal over the document, or ''."""
    earliest: int = 0
    """Proven lower bound of the event time (device journal), 0 if none."""
    latest: int = 0
    """Proven upper bound of the event time besides the record time, 0 if none."""
    document: str = ""
    """Capture id of the document."""


Place = tuple[int, int, bytes]
"""Where an entry stands in a unit's history: time, physical rank, hash."""


class Custody(msgspec.Struct, array_like=True, frozen=True):
    """Who answers for a unit at one moment."""

    status: int = 0
    possessor: str = ""
    owner: str = ""
    location: str = ""
    addressee: str = ""
    hold: str = ""
    shipper: str = ""
    """Who shipped it last."""


class Quote(msgspec.Struct, array_like=True, frozen=True):
    """A container's answer to a probe: its custody at each place where it changed, in order."""

    container: str
    changes: tuple[tuple[Place, Custody], ...]
    revision: tuple[int, int] = (0, 0)
    known: bool = True


class Entry(msgspec.Struct, array_like=True):
    """What a unit's history holds: one observation, or one edge from another unit.

    Identity: (event, kind, source, declared). Entries with the same identity are merged: attestations by union, edges by
    the highest revision.
    """

    event: bytes
    kind: int
    """`pedigree.custody.steps.Kind`: event, declaration, packed, unpacked, became, fed, probe, tombstones by `alive`."""
    step: int
    """`pedigree.custody.steps.Step`."""
    time: int
    source: str = ""
    """Edges: the unit that the edge comes from."""
    declared: int = 0
    """Declarations: the declaration time."""
    attestations: tuple[Attestation, ...] = ()
    actor: str = ""
    other: str = ""
    """The addressee (possessing party) of a shipment; the counterpart otherwise."""
    owner: str = ""
    """Owning party after the step, '' = unchanged."""
    location: str = ""
    container: str = ""
    quantity: float = 0.0
    """Dispensing in parts: how much went out; 0 = all that remains. Commissioning: the content of a pack, 0 = unknown."""
    flags: int = 0
    """`pedigree.custody.steps.Flag` bits."""
    slack: int = 600_000
    children: int = 0
    """Packing: how many children the event lists (the list itself lies beside the history)."""
    sale: str = ""
    lot: str = ""
    expiry: str = ""
    disposition: str = ""
    biz_step: str = ""
    rules: int = 1
    registry: int = 0
    quotes: tuple[Quote, ...] = ()
    # edges only
    place: Place | None = None
    """Edges: the place in the receiver's history, as its source gives it."""
    custody: Custody | None = None
    """`packed` / `unpacked`: the container's custody at that place. `fed`, `became`: the custody that is handed on."""
    ancestors: tuple[str, ...] = ()
    revision: tuple[int, int] = (0, 0)
    alive: bool = True
    until: int = 0
    """Probes: the asker's deadline."""
    marks: tuple[str, ...] = ()
    asker: tuple[bytes, int, str] | None = None
    """Probes: which entry of the asking unit wants to know (event, kind, source)."""

    norm: int = 0
    """Shipping: how long the goods may be under way (ms), 0 = not known."""
    geo: tuple[float, float] | None = None
    """Latitude and longitude of the place, in degrees."""
    offset: int = 0
    """Registered error of the clock that told `time` (ms ahead): corrects the place in the fold, never the time itself."""
    legacy: tuple[str, ...] = ()
    """Packing, unpacking: GTINs of which who acts has declared stock that was never commissioned here."""

    @property
    def identity(self) -> tuple[bytes, int, str, int]:
        return (self.event, self.kind, self.source, self.declared)


class Observation(msgspec.Struct, array_like=True):
    """One entry (or, with `answer`, one container's answer to an entry) for one unit's mailbox."""

    unit: str
    entry: Entry
    members: tuple[str, ...] = ()
    """Packing, unpacking, transformation: the children (outputs) that the event lists."""
    answer: Quote | None = None
    """Set: `entry` only names which entry (by identity) is answered."""


class Envelope(msgspec.Struct, array_like=True):
    """Observations of one partition that travel together, or a tick."""

    observations: list[Observation]
    tick: int = 0
    undecidable: list[tuple[bytes, str]] = []
    """(raw bytes, reason) of events that the splitter could not read."""


class Finding(msgspec.Struct, array_like=True, frozen=True):
    """One thing that an inspector should know. Codes and severities: `pedigree.findings`."""

    code: str
    severity: str
    """info | low | medium | high"""
    evidence: tuple[tuple[str, str], ...] = ()


class Verdict(msgspec.Struct, array_like=True, frozen=True):
    """How one entry of one unit was judged."""

    event: bytes
    kind: int
    source: str
    declared: int
    step: int
    biz_step: str
    time: int
    place: int
    """Effective time at which the fold let it act."""
    record_time: int
    actor: str
    location: str
    outcome: str
    """confirmed | suspect | rejected | pending | undecidable | voided"""
    applies: bool
    proof: str
    """proven | bounded | unproven"""
    findings: tuple[Finding, ...] = ()
    attested: str = ""
    """Key id of the seal, or '' = attested by the gateway only."""
    party: str = ""
    """The attester."""


class Stay(msgspec.Struct, array_like=True, frozen=True):
    """One custody interval of a unit that is handled itself: half-open [t_from, t_to)."""

    t_from: int
    t_to: int
    status: int
    party: str
    owner: str
    location: str
    addressee: str
    event: bytes
    inferred: bool


class Packed(msgspec.Struct, array_like=True, frozen=True):
    """The unit was in `container` during [t_from, t_to)."""

    t_from: int
    t_to: int
    container: str
    event: bytes


class Shown(msgspec.Struct, array_like=True, frozen=True):
    """The CLOSED state of a unit as people see it."""

    status: int
    possessor: str
    owner: str
    location: str
    addressee: str
    container: str
    remaining: float
    """-1 = whole, unknown content."""
    hold: str
    chain: str
    """complete | nonparticipant | late | unexplained | legacy"""
    verdict: str
    """The worst of the unit's findings as one word: confirmed | suspect | pending."""
    marks: tuple[str, ...]
    lot: str
    expiry: str
    since: int


class UnitDecision(msgspec.Struct, array_like=True):
    """All that one decision changes about one unit."""

    unit: str
    key: bytes
    before: int
    acc: bytes
    """Hash chain over the unit's leaves, after this decision."""
    entries: list[Entry]
    members: list[tuple[bytes, tuple[str, ...]]]
    """(event, listed children) of new packings, unpackings, transformations."""
    leaves: list[bytes]
    witness: list[bytes]
    base: int
    """The leaf count of the base that the claim refolds from."""
    claim: bytes
    row: bytes
    """The unit's new row in the custody store."""
    shown: Shown
    verdicts: list[Verdict]
    """Only those that changed; `gone` names the ones to forget."""
    gone: list[tuple[bytes, int, str, int]]
    since: int
    """Stays and containment rows from this time on are replaced by the following."""
    stays: list[Stay]
    packed: list[Packed]
    wake: int
    """When the unit next wants a tick, 0 = never."""
    segments: list[tuple[int, bytes]] = []
    """(leaf count before, 32 arrivals) that leave the row for the store's archive."""


class Decisions(msgspec.Struct, array_like=True):
    """One numbered message of one partition. Its hash is SM3 of its bytes; the next one names it."""

    version: int
    generation: int
    partition: int
    number: int
    previous: bytes
    tick: int
    source: int
    """The observations before this offset are decided."""
    units: list[UnitDecision]
    undecidable: list[tuple[int, bytes, str]]
    """(offset, raw bytes, reason) of what no step could decide."""
    edges_digest: bytes


class StampedEvent(msgspec.Struct, array_like=True):
    """An event as capture took it: the JSON-LD bytes, and every judgement that needs the registry."""

    event: bytes
    hash: bytes
    actor: str
    other: str
    owner: str
    entitled: bool
    flags: int
    slack: int
    earliest: int = 0
    latest: int = 0
    device: str = ""
    offset: int = 0
    """How far the device's clock is ahead of UTC, as registered (ms)."""
    norm: int = 0
    """Shipping: how long goods may be under way on this lane (ms)."""
    geo: tuple[float, float] | None = None
    legacy: tuple[str, ...] = ()
    """GTINs in the event of which who acts (or sent them) has declared stock that was never commissioned here."""


class DocumentMessage(msgspec.Struct, array_like=True):
    """One captured document, whole: what everything else is derived from."""

    version: int
    id: str
    party: str
    record_time: int
    registry: int
    rules: int
    content_type: str
    raw: bytes
    """The bytes as they came, zstd-compressed."""
    digest: bytes
    """SM3 of the bytes as they came."""
    seal: Seal | None
    context: bytes
    """JSON of {context, namespaces, header}, so that the document can be written back."""
    events: list[StampedEvent]


class Fact(msgspec.Struct, array_like=True):
    """One versioned entry of the facts log. Its version is its offset + 1."""

    kind: str
    key: str
    value: dict[str, Any]
    time: int
    author: str


_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode
decode_envelope = msgspec.msgpack.Decoder(Envelope).decode
decode_decisions = msgspec.msgpack.Decoder(Decisions).decode
decode_document = msgspec.msgpack.Decoder(DocumentMessage).decode
decode_fact = msgspec.msgpack.Decoder(Fact).decode


def event_uri(event: bytes) -> str:
    """The CBV 2.0 form of an event hash: `ni:///sha-256;<hex>?ver=CBV2.0`."""
    return f"ni:///sha-256;{event.hex()}?ver=CBV2.0"


def event_bytes(uri: str) -> bytes:
    """The 32 bytes inside `event_uri`; ValueError for anything else."""
    head, tail = "ni:///sha-256;", "?ver=CBV2.0"
    if not (uri.startswith(head) and uri.endswith(tail) and len(uri) == len(head) + 64 + len(tail)):
        raise ValueError(f"not a CBV 2.0 event hash: {uri[:100]}")
    return bytes.fromhex(uri[len(head) : -len(tail)])
