"""How one organisation's processes reach the channel: a JSON file, paths in it relative to its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ledger.fabric.errors import ProfileError
from ledger.fabric.gateway import Gateway
from ledger.fabric.identity import load_identity


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tls_ca`: PEM file of the authority of its TLS certificate, "" = no TLS."""

    organisation: str
    address: str
    tls_ca: str = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`genesis`: hash of the channel's block 0, hex: whatever a peer says is checked against it. `peers`: any order, the own
    organisation's is used first."""

    member: str
    channel: str
    chaincode: str
    genesis: str
    certificate: str
    key: str
    peers: tuple[Peer, ...]


def load_profile(path: Path) -> Profile:
    """ProfileError: not there, not JSON, or an entry is wrong."""
    try:
        profile = msgspec.json.decode(path.read_bytes(), type=Profile)
    except OSError as missing:
        raise ProfileError(f"the connection profile {path} can't be read: {missing.strerror}") from missing
    except msgspec.MsgspecError as wrong:
        raise ProfileError(f"the connection profile {path}: {wrong}") from wrong
    if not profile.peers:
        raise ProfileError(f"the connection profile {path} names no peer: add one to 'peers'")
    return profile


def open_gateways(path: Path, clock: Callable[[], int]) -> tuple[Profile, list[Gateway]]:
    """The profile and a connection to each peer, the own organisation's first; nothing is sent yet."""
    profile = load_profile(path)
    folder = path.parent
    identity = load_identity(profile.member, folder / profile.certificate, folder / profile.key)
    gateways: list[Gateway] = []
    for peer in sorted(profile.peers, key=lambda peer: peer.organisation != profile.member):
        try:
            authority = (folder / peer.tls_ca).read_bytes() if peer.tls_ca else b""
        except OSError as missing:
            raise ProfileError(f"tls_ca of {peer.organisation}: {missing.filename} can't be read") from missing
        made = Gateway(peer.organisation, peer.address, authority, identity, profile.channel, profile.chaincode, clock)
        gateways.append(made)
    return profile, gateways
