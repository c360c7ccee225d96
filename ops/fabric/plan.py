"""What a network consists of and where everything of it stands. Written once, as network.json; ports stay with the folder."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Literal

import msgspec

from pedigree.errors import SettingsError

MEMBERS = ("maker", "distributor", "hospital", "regulator")
"""The organisations; their names are their MSP ids, and what the contract sees as caller."""
CHANNEL = CHAINCODE = "medtrace"
DOMAIN = "medtrace.internal"
Ordering = Literal["raft", "bft"]


class PeerNode(msgspec.Struct, frozen=True):
    """Ports on 127.0.0.1. `chaincode`: where the organisation's contract listens."""

    member: str
    port: int
    internal: int
    operations: int
    chaincode: int


class OrdererNode(msgspec.Struct, frozen=True):
    """`member`: the organisation that runs it; its orderers have an MSP of their own, `<member>-orderer`."""

    member: str
    port: int
    admin: int
    operations: int


class Blocks(msgspec.Struct, frozen=True):
    """When a block is cut. Short and small: what waits for a block is a lane's next batch."""

    messages: int = 100
    preferred: str = "2 MB"
    absolute: str = "32 MB"
    timeout: str = "20ms"


class Plan(msgspec.Struct, frozen=True):
    """One network."""

    ordering: Ordering
    peers: tuple[PeerNode, ...]
    orderers: tuple[OrdererNode, ...]
    blocks: Blocks = Blocks()
    origin: str = "medtrace.local"
    """The network's name in checkpoints and proofs."""
    interval_ms: int = 10_000
    """Between checkpoints."""
    containers: bool = False
    """Nodes run in containers, each under its own name; the same ports are published on 127.0.0.1 for the administrator."""

    def host(self, kind: str, member: str) -> str:
        """Where others reach a node: `kind` is peer, contract or orderer."""
        return f"{kind}-{member}" if self.containers else "127.0.0.1"

    @property
    def listen(self) -> str:
        """The address that nodes bind."""
        return "0.0.0.0" if self.containers else "127.0.0.1"


class Folder:
    """Paths inside of the network's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.plan = self.root / "network.json"
        self.channel = self.root / "channel"
        self.block = self.channel / f"{CHANNEL}.block"
        self.crypto = self.root / "crypto"
        self.builder = self.root / "builder"
        self.packages = self.root / "packages"
        self.profiles = self.root / "profiles"
        self.logs = self.root / "logs"
        self.pids = self.root / "run"
        self.witnesses = self.root / "witnesses.json"
        self.deployed = self.root / "deployed.json"

    def node(self, name: str) -> Path:
        """A node's configuration and data."""
        return self.root / "nodes" / name

    def profile(self, member: str) -> Path:
        """The connection profile of an organisation's processes (`ledger.fabric.profile`)."""
        return self.profiles / f"{member}.json"

    def witness_key(self, member: str) -> Path:
        return self.root / "keys" / f"witness-{member}.pem"

    def peer_org(self, member: str) -> Path:
        return self.crypto / "peerOrganizations" / f"{member}.{DOMAIN}"

    def orderer_org(self, member: str) -> Path:
        return self.crypto / "ordererOrganizations" / f"orderer.{member}.{DOMAIN}"

    def peer_host(self, member: str) -> Path:
        return self.peer_org(member) / "peers" / f"peer0.{member}.{DOMAIN}"

    def orderer_host(self, member: str) -> Path:
        return self.orderer_org(member) / "orderers" / f"node.orderer.{member}.{DOMAIN}"

    def user(self, member: str, name: str) -> Path:
        """`name`: Admin or User1."""
        return self.peer_org(member) / "users" / f"{name}@{member}.{DOMAIN}"


def make_plan(
    ordering: Ordering = "raft",
    orderers: int = 0,
    blocks: Blocks | None = None,
    origin: str = "medtrace.local",
    interval_ms: int = 10_000,
    containers: bool = False,
) -> Plan:
    """A plan with free ports, for containers with the usual ones. `orderers`: 0 = one for raft (the regulator's), four for BFT.

    SettingsError: a number that the ordering can't work with.
    """
    count = orderers or (4 if ordering == "bft" else 1)
    if not (count == 4 if ordering == "bft" else count in (1, 3)):
        raise SettingsError(f"{count} orderers: raft works with 1 or 3 here, bft with 4 (one an organisation)")
    ports = iter(_usual_ports(count) if containers else _free_ports(4 * len(MEMBERS) + 3 * count))
    peers = tuple(PeerNode(member, next(ports), next(ports), next(ports), next(ports)) for member in MEMBERS)
    hosts = MEMBERS[::-1][:count]
    nodes = tuple(OrdererNode(member, next(ports), next(ports), next(ports)) for member in hosts)
    return Plan(ordering, peers, nodes, blocks or Blocks(), origin, interval_ms, containers)


def load_plan(folder: Folder) -> Plan | None:
    """The folder's plan, None when there is none yet. SettingsError: one that can't be read."""
    try:
        return msgspec.json.decode(folder.plan.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as broken:
        raise SettingsError(f"{folder.plan} can't be read ({broken}); remove the folder with `reset`") from broken


def save_plan(folder: Folder, plan: Plan) -> None:
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.plan.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=2))


def _usual_ports(orderers: int) -> list[int]:
    """Different ones, since all of them are published on one address."""
    peers = [port + 1000 * n for n in range(len(MEMBERS)) for port in (7051, 7052, 7443, 7999)]
    return peers + [port + 1000 * n for n in range(orderers) for port in (7050, 7053, 7444)]


def _free_ports(count: int) -> list[int]:
    """Held all at once, so that they are different ones."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
