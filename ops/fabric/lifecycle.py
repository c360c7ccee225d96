"""Bringing the contract onto the channel: each organisation installs its own package and approves the same definition."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from ops.fabric import processes
from ops.fabric.builder import write_package
from ops.fabric.nodes import admin_environment, contract_process
from ops.fabric.plan import CHAINCODE, CHANNEL, Folder, PeerNode, Plan
from ops.fabric.programs import run
from pedigree.errors import LedgerError

T = TypeVar("T")
Programs = Mapping[str, Path]


def join(plan: Plan, folder: Folder, programs: Programs) -> None:
    """All orderers, then all peers join the channel."""
    for orderer in plan.orderers:
        patiently(partial(_join_orderer, orderer.member, orderer.admin, folder, programs))
    each(plan, lambda node: patiently(lambda: _join_peer(node.member, plan, folder, programs)))


def deploy(plan: Plan, folder: Folder, programs: Programs, version: str = "1", sequence: int = 1) -> dict[str, str]:
    """Install, start, approve, commit; the package id of each organisation."""
    packages = each(plan, lambda node: _install(node, plan, folder, programs))
    for node in () if plan.containers else plan.peers:
        processes.start(contract_process(node, packages[node.member]), programs, folder)
    definition: list[str | Path] = ["--channelID", CHANNEL, "--name", CHAINCODE, "--version", version]
    definition += ["--sequence", str(sequence), *_orderer_flags(plan, folder)]

    def approve(node: PeerNode) -> None:
        command: list[str | Path] = [programs["peer"], "lifecycle", "chaincode", "approveformyorg", *definition]
        command += ["--package-id", packages[node.member]]
        patiently(lambda: run(command, admin_environment(node.member, plan, folder)))

    each(plan, approve)
    command: list[str | Path] = [programs["peer"], "lifecycle", "chaincode", "commit", *definition]
    for node in plan.peers:
        command += ["--peerAddresses", f"127.0.0.1:{node.port}"]
        command += ["--tlsRootCertFiles", folder.peer_host(node.member) / "tls/ca.crt"]
    patiently(lambda: run(command, admin_environment(plan.peers[0].member, plan, folder)))
    return packages


def each(plan: Plan, work: Callable[[PeerNode], T]) -> dict[str, T]:
    """Once for every organisation, all at the same time."""
    with ThreadPoolExecutor(len(plan.peers)) as pool:
        return dict(zip([node.member for node in plan.peers], pool.map(work, plan.peers), strict=True))


def patiently(work: Callable[[], T], seconds: float = 40) -> T:
    """Nodes that have just started refuse for a moment: no leader yet, no connection yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except LedgerError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _join_orderer(member: str, port: int, folder: Folder, programs: Programs) -> None:
    tls = folder.orderer_host(member) / "tls"
    command: list[str | Path] = [programs["osnadmin"], "channel", "join", "--channelID", CHANNEL]
    command += ["--config-block", folder.block, "-o", f"127.0.0.1:{port}"]
    command += ["--ca-file", tls / "ca.crt", "--client-cert", tls / "server.crt", "--client-key", tls / "server.key"]
    said = run(command, {})
    status = re.search(r"Status: (\d+)", said)  # it ends with 0 whatever the answer was
    if status is None or status[1] not in ("201", "405"):
        raise LedgerError(f"the orderer of {member} does not join: {' '.join(said.split())}")


def _join_peer(member: str, plan: Plan, folder: Folder, programs: Programs) -> None:
    try:
        run([programs["peer"], "channel", "join", "-b", folder.block], admin_environment(member, plan, folder))
    except LedgerError as failed:
        if "already exists" not in str(failed):
            raise


def _install(node: PeerNode, plan: Plan, folder: Folder, programs: Programs) -> str:
    path = folder.packages / f"{node.member}.tar.gz"
    write_package(path, f"{plan.host('contract', node.member)}:{node.chaincode}")
    environment = admin_environment(node.member, plan, folder)

    def install() -> None:
        try:
            run([programs["peer"], "lifecycle", "chaincode", "install", path], environment)
        except LedgerError as failed:
            if "already successfully installed" not in str(failed):
                raise

    patiently(install)
    return run([programs["peer"], "lifecycle", "chaincode", "calculatepackageid", path], environment).split()[-1]


def _orderer_flags(plan: Plan, folder: Folder) -> list[str | Path]:
    node = plan.orderers[0]
    flags: list[str | Path] = ["-o", f"127.0.0.1:{node.port}", "--tls"]
    return [*flags, "--cafile", folder.orderer_host(node.member) / "tls/ca.crt", "--connTimeout", "10s"]
