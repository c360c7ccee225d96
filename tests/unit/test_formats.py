"""Golden vectors of the inner formats (ARCHITECTURE.md, Formats): a change here changes what is on disks and ledgers.

`python -m tests.unit.test_formats` prints the vectors as they are now.
"""

from __future__ import annotations

import pytest

from chaincode.messages import Batch, Group, Lane, Message, Receipt, UnitState, encode
from pedigree.custody.claim import claim
from pedigree.custody.fold import Fold
from pedigree.custody.leaf import encode_leaf
from pedigree.custody.open import Open, encode_open
from pedigree.custody.project import Coder, project
from pedigree.custody.row import Row, encode_row
from pedigree.custody.steps import Flag, Kind, Step
from pedigree.messages import (
    Attestation,
    Custody,
    Decisions,
    DocumentMessage,
    Entry,
    Envelope,
    Fact,
    Observation,
    Quote,
    StampedEvent,
)
from pedigree.proof import chain_acc
from pedigree.seal import ConsortiumKey, sm3

EPC = "https://id.gs1.org/01/06901234000009/21/ABC-1"
BOX = "https://id.gs1.org/00/069012340000000018"
KEY = ConsortiumKey(1, bytes(range(32)))
TIME = 1_790_000_000_000
EVENT = bytes(range(32))


def entry() -> Entry:
    return Entry(
        event=EVENT,
        kind=int(Kind.EVENT),
        step=int(Step.COMMISSION),
        time=TIME,
        attestations=(Attestation(TIME + 1000, "6901234000009", True, seal="0123456789abcdef", document="doc-1"),),
        actor="6901234000009",
        location="6901234000016",
        flags=Flag.MAY_COMMISSION | Flag.SEALED,
        lot="L1",
        expiry="2028-01-31",
        biz_step="commissioning",
        registry=3,
        quotes=(Quote(BOX, (((TIME, 6, EVENT), Custody(1, "a", "b", "c", "", "")),), (0, 4)),),
    )


def vectors() -> dict[str, bytes]:
    coder = Coder(EPC, KEY)
    leaf = project(entry(), coder)
    fold = Fold(Open(), [leaf])
    opened = fold.open()
    closed = fold.close()
    data = encode_leaf(leaf)
    group = Group(coder.key, 0, [data], 0, [], claim(closed, fold.outcomes))
    stamped = StampedEvent(b"{}", EVENT, "6901234000009", "", "", True, 1, 600_000)
    kind = "application/ld+json"
    document = DocumentMessage(1, "doc-1", "6901234000009", TIME, 3, 1, kind, b"zz", EVENT, None, b"{}", [stamped])
    return {
        "unit key": coder.key,
        "party code": coder.code("6901234000009").encode(),
        "entry": encode(entry()),
        "observation": encode(Envelope([Observation(EPC, entry())], TIME)),
        "document": encode(document),
        "decisions": encode(Decisions(1, 0, 2, 7, EVENT, TIME, 9, [], [], b"")),
        "fact": encode(Fact("party", "6901234000009", {"name": "A", "role": "maker"}, TIME, "operator")),
        "leaf": data,
        "acc": chain_acc([data]),
        "open": encode_open(opened),
        "claim": claim(closed, fold.outcomes),
        "row": encode_row(Row(n=1, open=opened)),
        "batch": encode(Batch(0, 2, [Message(7, EVENT, EVENT, [group])])),
        "lane": encode(Lane(8, EVENT, 3, b"f")),
        "unit state": encode(UnitState(1, EVENT, opened)),
        "receipt": encode(Receipt(0, 2, 3, b"r", 4, EVENT, 1, [], [])),
    }


GOLDEN = {
    "unit key": (32, "82c80104ba510a769c860f6a"),
    "party code": (16, "420527046fda9c93f808c8ce"),
    "entry": (301, "1706cb5daa5e1b2a0d3d666a"),
    "observation": (363, "8b048648478b11539201aef6"),
    "document": (166, "8aca127aab09da10e8628564"),
    "decisions": (53, "ba0f19a21ff04250540b4a46"),
    "fact": (58, "00385309ccbebf410355fda9"),
    "leaf": (308, "bd630f38e06f1fc5cf40ecfd"),
    "acc": (32, "62513dc170e78c7c270eed7a"),
    "open": (189, "3f35363dc24de31ef9036499"),
    "claim": (32, "a371358c654d9e339d4a4cdb"),
    "row": (246, "a64e1566dcb1449af8523a7b"),
    "batch": (459, "5672edab385d5af3332ea826"),
    "lane": (40, "64b2ad197c829b85ff04ecb5"),
    "unit state": (227, "205e441ad017796f6d5af690"),
    "receipt": (45, "20626601c582a7ba919d767a"),
}


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_the_bytes_are_what_they_were(name: str) -> None:
    data = vectors()[name]
    assert (len(data), sm3(data).hex()[:24]) == GOLDEN[name]


def test_every_vector_is_pinned() -> None:
    assert set(vectors()) == set(GOLDEN)


def test_a_leaf_names_no_product_and_no_party() -> None:
    data = vectors()["leaf"]
    for secret in (b"6901234", b"ABC-1", b"069012340000000018", b"L1", b"2028"):
        assert secret not in data
    assert len(data) < 1024


if __name__ == "__main__":
    for vector, data in vectors().items():
        print(f'    "{vector}": ({len(data)}, "{sm3(data).hex()[:24]}"),')
