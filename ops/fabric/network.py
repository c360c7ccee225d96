"""The native network: made once, started, stopped, looked at, removed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from fabric_protos.common import common_pb2

from ledger.fabric.blocks import header_of
from ledger.fabric.client import Client, Timeouts
from ledger.fabric.errors import FabricError
from ledger.fabric.profile import Peer, Profile, open_gateways
from ops.clock import now_ms
from ops.fabric import lifecycle, processes
from ops.fabric.builder import write_builder
from ops.fabric.channel import PROFILE, Yaml, configtx, crypto_config
from ops.fabric.nodes import Process, contract_process, core_yaml, orderer_process, orderer_yaml, peer_process
from ops.fabric.plan import CHAINCODE, CHANNEL, MEMBERS, Folder, Plan, load_plan, save_plan
from ops.fabric.programs import check_version, find_programs, run
from ops.fabric.witnesses import make_keys, witness_process
from pedigree.errors import LedgerError, SettingsError

Say = Callable[[str], None]


class NodeStatus(NamedTuple):
    """`pid` None: it does not run. `port`: where it listens, 0 = nowhere."""

    name: str
    pid: int | None
    port: int


class Network:
    """The network in a folder. Ready is a transaction that four organisations' peers have committed, not an open port."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)

    @property
    def plan(self) -> Plan:
        """SettingsError when the network has not been made."""
        plan = load_plan(self.folder)
        if plan is None:
            raise SettingsError(f"there is no network in {self.folder.root}")
        return plan

    def make(self, plan: Plan) -> None:
        """Certificates, the channel's first block, and every node's configuration; what is there already stays."""
        if self.folder.plan.exists():
            return
        programs = find_programs()
        check_version(programs)
        folder = self.folder
        shutil.rmtree(folder.crypto, ignore_errors=True)  # left by a making that broke off
        for path in (folder.root, folder.channel, folder.crypto, folder.profiles, folder.root / "indexes"):
            path.mkdir(parents=True, exist_ok=True)
        folder.root.chmod(0o700)  # private keys are below
        _write(folder.channel / "crypto-config.yaml", crypto_config(plan))
        crypto: list[str | Path] = [programs["cryptogen"], "generate", "--config", folder.channel / "crypto-config.yaml"]
        run([*crypto, "--output", folder.crypto], {})
        _write(folder.channel / "configtx.yaml", configtx(plan, folder))
        block: list[str | Path] = [programs["configtxgen"], "-profile", PROFILE, "-channelID", CHANNEL]
        run([*block, "-outputBlock", folder.block], {"FABRIC_CFG_PATH": str(folder.channel)})
        for peer in plan.peers:
            _write(folder.node(f"peer-{peer.member}") / "core.yaml", core_yaml(peer, plan, folder))
        for orderer in plan.orderers:
            _write(folder.node(f"orderer-{orderer.member}") / "orderer.yaml", orderer_yaml(orderer, plan, folder))
        write_builder(folder.builder)
        for member in MEMBERS:
            folder.profile(member).write_bytes(msgspec.json.format(msgspec.json.encode(self._profile(member, plan)), indent=2))
        make_keys(folder, plan.origin)
        save_plan(folder, plan)  # last: a folder that broke off is made again

    def genesis(self) -> str:
        """Hash of block 0, hex."""
        return header_of(common_pb2.Block.FromString(self.folder.block.read_bytes())).hash.hex()

    def start(self, say: Say = lambda _: None, *, witnesses: bool = True) -> None:
        """Start what does not run and wait until a transaction commits. LedgerError: a node ended, or it took too long."""
        if self.plan.containers:
            raise SettingsError(f"the network in {self.folder.root} is made for containers: `docker compose` starts it")
        programs = find_programs()
        check_version(programs)
        plan, folder = self.plan, self.folder
        nodes = [orderer_process(node, folder) for node in plan.orderers] + [peer_process(node, folder) for node in plan.peers]
        packages = _packages(folder)
        contracts = [contract_process(node, packages[node.member]) for node in plan.peers] if packages else []
        for process in (*nodes, *contracts):
            processes.start(process, programs, folder)
        if not packages:
            say("joining the channel")
            time.sleep(0.3)
            processes.check_running([process.name for process in nodes], folder)
            lifecycle.join(plan, folder, programs)
            say("installing the contract")
            packages = lifecycle.deploy(plan, folder, programs)
            folder.deployed.write_text(json.dumps(packages, indent=2))
        say("waiting for the first transaction")
        self.wait_ready()
        (folder.root / "indexes").mkdir(exist_ok=True)
        for process in self._witnesses() if witnesses else []:
            processes.start(process, programs, folder)

    def join(self, say: Say = lambda _: None) -> None:
        """Bring channel and contract onto nodes that run already, in containers; asked again it does what is missing."""
        programs = find_programs()
        check_version(programs)
        say("joining the channel")
        lifecycle.join(self.plan, self.folder, programs)
        say("installing the contract")
        self.folder.deployed.write_text(json.dumps(lifecycle.deploy(self.plan, self.folder, programs), indent=2))

    def wait_ready(self, seconds: float = 60) -> float:
        """Commit an empty transaction; returns how long it took in seconds."""
        started = time.monotonic()
        _, gateways = open_gateways(self.folder.profile(MEMBERS[0]), now_ms)
        client = Client(gateways, Timeouts(whole=seconds, endorse=5, submit=5, status=5))
        try:
            client.transact([b"about"], lambda error, sent: True)
        except FabricError as failed:
            processes.check_running([name for name in self.names() if not name.startswith("witness")], self.folder)
            raise LedgerError(f"the network commits nothing after {seconds:.0f} s: {failed}") from failed
        finally:
            client.close()
        return time.monotonic() - started

    def revive(self) -> list[str]:
        """Start again what has ended since `start`; the names of those."""
        dead = [name for name in self.names() if processes.pid_of(name, self.folder) is None]
        programs = find_programs() if dead else {}
        for name in dead:
            processes.start(self.process(name), programs, self.folder)
        return dead

    def stop(self) -> None:
        """Those who ask first, orderers last."""
        for kind in ("witness", "contract", "peer", "orderer"):
            processes.stop([name for name in self.names() if name.startswith(kind)], self.folder)

    def reset(self) -> None:
        """Stop and forget everything: ledger, keys, logs. SettingsError: the folder holds something else."""
        if not self.folder.root.exists():
            return
        if self.folder.plan.exists():
            self.stop()
        elif not self.folder.crypto.exists() and any(self.folder.root.iterdir()):
            raise SettingsError(f"{self.folder.root} is no network: remove it yourself if you mean it")
        shutil.rmtree(self.folder.root)

    def status(self) -> list[NodeStatus]:
        """Every process of the network."""
        plan = self.plan
        ports = {f"orderer-{node.member}": node.port for node in plan.orderers}
        ports |= {f"peer-{node.member}": node.port for node in plan.peers}
        ports |= {f"contract-{node.member}": node.chaincode for node in plan.peers}
        ports |= {f"witness-{node.member}": 0 for node in plan.peers}
        return [NodeStatus(name, processes.pid_of(name, self.folder), port) for name, port in ports.items()]

    def names(self) -> list[str]:
        """Names of all processes, as `logs` and `process` take them."""
        plan = self.plan
        peers = [f"{kind}-{node.member}" for kind in ("peer", "contract", "witness") for node in plan.peers]
        return [f"orderer-{node.member}" for node in plan.orderers] + peers

    def process(self, name: str) -> Process:
        """How one of them is started, to start it alone. KeyError: there is none of this name."""
        plan, folder = self.plan, self.folder
        found = [orderer_process(node, folder) for node in plan.orderers] + [peer_process(node, folder) for node in plan.peers]
        packages = _packages(folder)
        found += [contract_process(node, packages[node.member]) for node in plan.peers if packages]
        return {process.name: process for process in (*found, *self._witnesses())}[name]

    def _witnesses(self) -> list[Process]:
        plan = self.plan
        return [witness_process(member, self.folder, plan.origin, plan.interval_ms) for member in MEMBERS]

    def logs(self, name: str, lines: int = 20) -> list[str]:
        return processes.tail(name, self.folder, lines)

    def _profile(self, member: str, plan: Plan) -> Profile:
        user = self.folder.user(member, "User1") / "msp"
        peers = []
        for node in plan.peers:
            authority = self.folder.peer_host(node.member) / "tls/ca.crt"
            peers.append(Peer(node.member, f"{plan.host('peer', node.member)}:{node.port}", str(authority)))
        certificate = next((user / "signcerts").glob("*.pem"))
        key = next((user / "keystore").iterdir())
        return Profile(member, CHANNEL, CHAINCODE, self.genesis(), str(certificate), str(key), tuple(peers))


def _packages(folder: Folder) -> dict[str, str]:
    if not folder.deployed.exists():
        return {}
    found: dict[str, str] = json.loads(folder.deployed.read_text())
    return found


def _write(path: Path, content: Yaml) -> None:
    """JSON is YAML too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
