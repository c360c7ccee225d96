"""Proofs for the second checker: real leaves in small lanes, every kind of tampering, and what the first checker says of each."""

from __future__ import annotations

from typing import Any

import msgspec

from pedigree.custody.leaf import Leaf, encode_leaf, leaf_unit_key
from pedigree.errors import ProofError, SealError
from pedigree.merkle import leaf_hash
from pedigree.messages import Custody
from pedigree.proof import BatchRecord, encode_batch, encode_proof, issue_proof, verify_proof
from pedigree.proof.file import decode_proof
from pedigree.seal import KeyRing, decode_keyring, encode_keyring, ring_key, sm3
from tests.unit.test_proof import CLAIMS, EPC, GATEWAY, MINE, ORIGIN, OTHER, RING, S1, WITNESSES, Lane, issue, resign

T0 = 1_790_000_000_000


def leaf(unit: bytes, number: int, **change: Any) -> bytes:
    fields: dict[str, Any] = {
        "version": 1,
        "unit": unit,
        "event": sm3(b"event %d" % number),
        "kind": 0,
        "step": number % 24,
        "time": T0 + number * 3_600_000,
        "record": T0 + number * 3_600_000 + 5_000,
        "slack": 600_000,
        "proof": number % 3,
        "actor": "1b31c99a0db6bd54",
        "other": "",
        "owner": "",
        "location": "1b31c99a0db6bd54",
        "source": "",
        "quantity": 0.5 * number,
        "flags": number,
        "sale": "",
        "in_force": True,
        "circle": False,
        "custody": None,
        "quotes": (),
        "marks": (),
        "rules": 1,
        "registry": 2,
        "attestation": sm3(b"attestation"),
    }
    return encode_leaf(Leaf(**(fields | change)))


QUOTE = (("ab" * 8, (((T0, 6, b"place"), Custody(1, "x", "y")), ((T0 + 1, -3, b""), Custody()))),)
OLD = Lane(0, 2, [[leaf(OTHER, 1), leaf(MINE, 1), leaf(OTHER, 2)], [leaf(OTHER, 3)]])
NEW = Lane(
    1,
    5,
    [
        [leaf(OTHER, 4)],
        [leaf(MINE, 2)],
        [
            leaf(OTHER, 5),
            leaf(MINE, 3, custody=Custody(2, "p"), marks=("m",)),
            leaf(MINE, 4, quotes=QUOTE),
            leaf(OTHER, 6),
            leaf(OTHER, 7),
        ],
    ],
)
MANY = Lane(0, 7, [[leaf(MINE if at % 3 else OTHER, at + batch) for at in range(batch + 1)] for batch in range(13)])
ENTRIES = [OLD.entry(0, 1), NEW.entry(1, 0), NEW.entry(2, 1), NEW.entry(2, 2)]
POINTS = [OLD.checkpoint(), NEW.checkpoint()]
ODD_CLAIMS = [
    {"a": [], "b": {}, "big": 10**30, "f": [0.1, 1e16, 1e15, 1e-5, 1e-6, -0.0, 5e-324, 1.5e300], "t": '\x7f\u2028\x01\n"\\/😀'}
]
ONE = KeyRing(ORIGIN, 1, RING.keys)
SHAPES: dict[str, tuple[bytes, KeyRing]] = {
    "two lanes": (issue(leaves=ENTRIES, checkpoints=POINTS), RING),
    "one leaf": (issue(leaves=[NEW.entry(1, 0)], checkpoints=[NEW.checkpoint()], claims=ODD_CLAIMS), RING),
    "threshold 1": (issue(leaves=[NEW.entry(1, 0)], checkpoints=[NEW.checkpoint(signers=("maker",))], claims=[]), ONE),
    "all four": (issue(leaves=ENTRIES[1:], checkpoints=[NEW.checkpoint(signers=tuple(WITNESSES))]), RING),
    "many leaves": (
        issue(leaves=[MANY.entry(b, at) for b in range(13) for at in range(b + 1) if at % 3], checkpoints=[MANY.checkpoint()]),
        RING,
    ),
}


def tampered() -> list[bytes]:
    """What a dishonest gateway could sign: the list of tests/unit/test_proof.py, with real leaves."""

    def replaced(at: int, **change: Any) -> tuple[Any, ...]:
        return tuple(msgspec.structs.replace(entry, **change) if k == at else entry for k, entry in enumerate(ENTRIES))

    good = SHAPES["two lanes"][0]
    forged = encode_batch(BatchRecord(1, 5, 3, 5, sm3(b"1"), 1, leaf_hash(leaf(MINE, 99)))).hex()
    few, stray = NEW.checkpoint(signers=("maker", "hospital")), Lane(1, 6, [[b""]]).checkpoint()
    maker = POINTS[1].signatures[1]
    swapped = msgspec.structs.replace(POINTS[1], signatures=tuple(reversed(POINTS[1].signatures)))
    renamed = msgspec.structs.replace(
        POINTS[1], signatures=(*POINTS[1].signatures[:2], msgspec.structs.replace(maker, signer="zoe"))
    )
    changes: list[dict[str, Any]] = [
        {"leaves": ()},
        {"count": 5},
        {"acc": "00" * 32},
        {"leaves": tuple(ENTRIES[:3]), "count": 3},
        {"leaves": tuple(reversed(ENTRIES))},
        {"leaves": (*ENTRIES[:3], ENTRIES[2])},
        {"leaves": (*ENTRIES[:3], NEW.entry(2, 3))},
        {"s1": "00" * 32},
        {"unit": EPC + "4"},
        {"leaves": replaced(2, leaf=leaf(MINE, 99).hex())},
        {"leaves": replaced(2, index=2)},
        {"leaves": replaced(2, index=9)},
        {"leaves": replaced(2, batch_path=NEW.entry(2, 0).batch_path)},
        {"leaves": replaced(2, batch_path=NEW.entry(2, 1).batch_path[::-1])},
        {"leaves": replaced(1, batch=forged)},
        {"leaves": replaced(1, batch_index=2)},
        {"leaves": replaced(1, lane_path=())},
        {"leaves": replaced(1, batch=forged + "00")},
        {"leaves": replaced(1, lane_path=(*ENTRIES[1].lane_path, "00" * 32))},
        {"leaves": replaced(1, batch="")},
        {"checkpoints": (POINTS[1],)},
        {"checkpoints": (POINTS[1], POINTS[0])},
        {"checkpoints": (*POINTS, stray)},
        {"checkpoints": (POINTS[0], few)},
        {"checkpoints": (POINTS[0], swapped)},
        {"checkpoints": (POINTS[0], renamed)},
        {"checkpoints": (POINTS[0], msgspec.structs.replace(POINTS[1], time_ms=2001))},
        {"checkpoints": (POINTS[0], msgspec.structs.replace(POINTS[1], origin="another"))},
        {"issuer": "maker"},
        {"issuer_key": "0" * 16},
        {"issuer_key": WITNESSES["maker"].key_id},
        {"issued_ms": 2**63 - 1},
        {"claims": []},
        {"claims": [{"said": True}]},
    ]
    unread = Lane(0, 0, [[b"\xc1 not msgpack"]])
    short = Lane(0, 0, [[msgspec.msgpack.encode([1, MINE, 1])]])
    longer = Lane(0, 0, [[msgspec.msgpack.encode([*msgspec.msgpack.decode(leaf(MINE, 1)), "later"])]])
    lanes = [issue(leaves=[lane.entry(0, 0)], checkpoints=[lane.checkpoint()]) for lane in (unread, short, longer)]
    unsigned = encode_proof(msgspec.structs.replace(decode_proof(good), claims=[]))
    secret = issue_proof(
        unit=EPC, s1=sm3(S1), leaves=ENTRIES, checkpoints=POINTS, claims=CLAIMS, issuer="gateway", key=GATEWAY, issued_ms=3000
    )
    return [*(resign(good, **change) for change in changes), *lanes, unsigned, secret]


def spellings(good: bytes) -> list[bytes]:
    """The same content, or nearly, written otherwise."""
    text = good.decode()
    return [
        b"",
        b"{}",
        good + b"\n",
        good[:-1],
        b"\xef\xbb\xbf" + good,
        b"[" * 2000,
        good.replace(b": 1,", b": 1.0,", 1),
        good.replace(b"  ", b" "),
        text.replace("/", "\\/").encode(),
        text.replace('"version": 1', '"version": 1, "version": 1').encode(),
        text.replace("a", "A", 40).encode(),
        msgspec.json.encode(msgspec.json.decode(good)),
        resign(good).replace(b'"claims": [', b'"claims": [{"x": 1e2},'),
    ]


def odd_rings() -> list[bytes]:
    """Published keys: expired, revoked, of another use, edited by hand, broken."""
    keys = [ring_key(key.public, name, ("checkpoint",)) for name, key in WITNESSES.items()]
    gateway = ring_key(GATEWAY.public, "gateway", ("proof",))

    def all_but(at: int, **change: Any) -> bytes:
        return encode_keyring(
            KeyRing(ORIGIN, 3, [*(msgspec.structs.replace(k, **change) if n == at else k for n, k in enumerate(keys)), gateway])
        )

    good = all_but(0)
    other = encode_keyring(KeyRing("another", 3, [*keys, gateway]))
    return [
        good,
        other,
        *(all_but(at, revoked=2000) for at in (0, 1)),
        all_but(0, revoked=2001),
        all_but(0, not_after=2000),
        all_but(0, not_before=2001),
        all_but(2, not_after=2001),
        all_but(3, uses=("token",)),
        all_but(0, signer="dealer"),
        good.replace(b"  ", b"\t"),
        good[:-9],
        b"[]",
        good.replace(b'"threshold": 3', b'"threshold": 0'),
        good.replace(b'"threshold": 3', b'"threshold": 5'),
        good.replace(b'"threshold": 3', b'"threshold": 3, "more": 1'),
        good.replace(b'"threshold": 3', b'"threshold": 3.0'),
        good.replace(b'"origin"', b'"Origin"'),
        good.replace(b"04", b"05", 1),
        good.replace(b'"not_before": 0,', b""),
    ]


def holds(data: bytes, keys: bytes) -> bool:
    """What the first checker says."""
    try:
        verify_proof(data, decode_keyring(keys), leaf_unit_key)
    except (ProofError, SealError):
        return False
    return True
