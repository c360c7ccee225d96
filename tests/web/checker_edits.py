"""Random edits of proofs: of the file, of what the gateway signs all the same, of leaves that witnesses signed for."""

from __future__ import annotations

import random

import msgspec

from pedigree.messages import Custody
from pedigree.proof import encode_proof
from pedigree.proof.file import decode_proof, proof_body
from tests.unit.test_proof import GATEWAY, MINE, Lane, issue
from tests.web.checker_world import QUOTE, SHAPES, leaf


def edits(data: bytes, number: int, dice: random.Random) -> list[bytes]:
    """Random edits: a byte changed, a hex digit changed, a byte left out or doubled, two lines swapped."""
    found = []
    for _ in range(number):
        at = dice.randrange(len(data))
        kind = dice.randrange(5)
        if kind == 0:
            found.append(data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :])
        elif kind == 1:
            found.append(data[:at] + dice.choice(b"0123456789abcdef").to_bytes(1, "big") + data[at + 1 :])
        elif kind == 2:
            found.append(data[:at] + data[at + 1 :])
        elif kind == 3:
            found.append(data[:at] + data[at : at + 1] + data[at:])
        else:
            lines = data.split(b"\n")
            one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            found.append(b"\n".join(lines))
    return found


def signed_edits(number: int, dice: random.Random) -> list[bytes]:
    """Edits inside leaf, batch and paths that the gateway has signed all the same, so that its signature refuses none of them."""
    good = decode_proof(SHAPES["two lanes"][0])
    found = []
    for _ in range(number):
        at, name = dice.randrange(4), dice.choice(("leaf", "batch"))
        raw = bytearray.fromhex(getattr(good.leaves[at], name))
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        entry = msgspec.structs.replace(good.leaves[at], **{name: raw.hex()})
        changed = msgspec.structs.replace(good, leaves=tuple(entry if k == at else old for k, old in enumerate(good.leaves)))
        found.append(encode_proof(msgspec.structs.replace(changed, signature=GATEWAY.sign(proof_body(changed)).hex())))
    return found


def strange_leaves(number: int, dice: random.Random) -> list[bytes]:
    """Proofs of witnesses who signed for a leaf with a changed byte: whether it can be read is all that is left to tell."""
    found = []
    for _ in range(number):
        raw = bytearray(leaf(MINE, 3, custody=Custody(2, "p"), quotes=QUOTE, marks=("m",)))
        raw[dice.choice([*range(3), *range(70, len(raw))])] = dice.choice(
            (0x00, 0x7F, 0x90, 0xA0, 0xC0, 0xC2, 0xC4, 0xC1, 0xD0, 0xE0, 0xFF, 0xCB)
        )
        lane = Lane(0, 0, [[bytes(raw)]])
        found.append(issue(leaves=[lane.entry(0, 0)], checkpoints=[lane.checkpoint(signers=("maker",))], claims=[]))
    return found
