"""The organisations' witnesses on one machine: a key and a process each, and the published keys that name them all."""

from __future__ import annotations

import sys

from ops.fabric.nodes import PROJECT, Process
from ops.fabric.plan import MEMBERS, Folder
from ops.secretfile import read_secret, write_public, write_secret
from pedigree.seal import KeyRing, PrivateKey, RingKey, encode_keyring, generate_key, ring_key

THRESHOLD = 3
"""Good signatures that a checkpoint needs, of four."""


def make_keys(folder: Folder, origin: str) -> None:
    """An SM2 key for each organisation, and `witnesses.json`, the ring of their public keys. What is there stays."""
    for member in MEMBERS:
        if not folder.witness_key(member).exists():
            write_secret(folder.witness_key(member), generate_key().to_pem().decode())
    write_public(folder.witnesses, encode_keyring(KeyRing(origin, THRESHOLD, ring_keys(folder))))


def ring_keys(folder: Folder) -> list[RingKey]:
    """The witnesses' entries, to be published beside other keys."""
    found: list[RingKey] = []
    for member in MEMBERS:
        key = PrivateKey.from_pem(read_secret(folder.witness_key(member), f"the witness key of {member}").encode())
        found.append(ring_key(key.public, member, ("checkpoint",)))
    return found


def witness_process(member: str, folder: Folder, origin: str, interval_ms: int) -> Process:
    arguments = ["-m", "ops.fabric.witness", "--profile", str(folder.profile(member)), "--signer", member]
    arguments += ["--index", str(folder.root / "indexes" / f"{member}.sqlite"), "--key", str(folder.witness_key(member))]
    arguments += ["--origin", origin, "--interval-ms", str(interval_ms)]
    return Process(f"witness-{member}", sys.executable, tuple(arguments), {}, PROJECT)
