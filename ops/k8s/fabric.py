"""One organisation of the channel: its peer, its contract as a service, its witness, its orderer where it has one.

Each organisation applies its own folder in its own cluster or namespace; nobody holds another's keys. Certificates and
keys come as Secrets that the organisation makes (`docs/operations.md`); its package's id follows from its contract's address.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.fabric.builder import builder_programs, package, package_id
from ops.fabric.nodes import core_yaml, orderer_yaml
from ops.fabric.plan import MEMBERS, Folder, OrdererNode, PeerNode, Plan
from ops.k8s.line import IMAGE
from ops.k8s.parts import (
    Doc,
    budget,
    config,
    config_volume,
    container,
    deployment,
    http,
    pod,
    probes,
    secret,
    service,
    stateful,
    tcp,
    value,
)
from ops.stack.plan import FABRIC_ORDERER, FABRIC_PEER, FABRIC_PORTS

_ROOT = Path("/fabric")
_LOCAL = "127.0.0.1"
_LISTENS = ("listenAddress", "ListenAddress", "chaincodeListenAddress")
_MSP = {
    "ca.pem": "msp/cacerts/ca.pem",
    "tlsca.pem": "msp/tlscacerts/tlsca.pem",
    "config.yaml": "msp/config.yaml",
    "cert.pem": "msp/signcerts/cert.pem",
    "key.pem": "msp/keystore/key.pem",
    "tls-ca.pem": "tls/ca.crt",
    "tls-cert.pem": "tls/server.crt",
    "tls-key.pem": "tls/server.key",
}
"""What a node's Secret holds, and where the programs look for it."""


def namespace(member: str) -> str:
    return f"medtrace-{member}"


def organisation(member: str, *, orders: bool) -> list[Doc]:
    """Everything of one organisation."""
    space = namespace(member)
    about = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": space, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    ordering = _orderer(member, space) if orders else []
    return [about, *_peer(member, space), *_contract(space), *_witness(member, space), *ordering]


def _peer(member: str, space: str) -> list[Doc]:
    ports = {name: FABRIC_PORTS[name] for name in ("peer", "operations")}
    node = PeerNode(member, ports["peer"], FABRIC_PORTS["internal"], ports["operations"], FABRIC_PORTS["chaincode"])
    folder = Folder(_ROOT)
    plan = Plan("raft", (node,), ())
    settings = _abroad(core_yaml(node, plan, folder), f"peer.{space}")
    main = container(
        "peer", FABRIC_PEER, cpu="1", memory="512Mi", limit="2Gi", command=["peer", "node", "start"],
        env=[value("FABRIC_CFG_PATH", "/config")],
        mounts={
            "config:ro": "/config", "identity:ro": str(folder.peer_host(member)), "builder:ro": str(folder.builder),
            "data": str(folder.node(f"peer-{member}")),
        },
        ports=ports, probes=probes(http("/healthz", ports["operations"]), tcp(ports["peer"]), 120),
    )  # fmt: skip
    items = [{"key": name, "path": f"bin/{name}"} for name in builder_programs()]
    builder: Doc = {"name": "builder", "configMap": {"name": "builder", "defaultMode": 0o555, "items": items}}
    volumes = [config_volume("config", "peer"), secret("identity", "peer", _MSP), builder]
    return [
        config("peer", {"core.yaml": json.dumps(settings, indent=1)}, space),
        config("builder", builder_programs(), space),
        service("peer", ports, headless=True, namespace=space),
        stateful("peer", 1, pod("peer", [main], volumes, grace_s=60), {"data": "500Gi"}, space),
        budget("peer", namespace=space),
    ]


def _contract(space: str) -> list[Doc]:
    port = FABRIC_PORTS["chaincode"]
    env = [
        value("CHAINCODE_ID", package_id(package(f"contract.{space}:{port}"))),
        value("CHAINCODE_SERVER_ADDRESS", f"0.0.0.0:{port}"),
    ]
    main = container(
        "contract", IMAGE, cpu="1", memory="256Mi", limit="1Gi", command=["python", "-m", "chaincode.server"], env=env,
        ports={"chaincode": port}, probes=probes(tcp(port), tcp(port), 60),
    )  # fmt: skip
    return [
        service("contract", {"chaincode": port}, headless=True, namespace=space),
        deployment("contract", 1, pod("contract", [main]), space),
        budget("contract", namespace=space),
    ]


def _witness(member: str, space: str) -> list[Doc]:
    """It says nothing on a port: that it signs is seen on the channel (`medtrace ledger lanes`), and it ends when it can't."""
    command = ["python", "-m", "ops.fabric.witness", "--profile", "/run/fabric/profile.json", "--index", "/data/index.sqlite"]
    command += ["--key", "/data/witness.pem", "--signer", member, "--origin", "medtrace.local"]
    copy = "install -m 600 /run/secrets/witness/witness.pem /data/witness.pem"
    mounts = {"data": "/data", "key:ro": "/run/secrets/witness"}
    first = container("key", IMAGE, cpu="10m", memory="64Mi", command=["sh", "-c", copy], mounts=mounts)
    main = container(
        "witness", IMAGE, cpu="250m", memory="256Mi", limit="1Gi", command=command,
        mounts={"data": "/data", "profile:ro": "/run/fabric"},
    )  # fmt: skip
    volumes = [secret("key", "witness"), secret("profile", "profile")]
    return [
        service("witness", {}, headless=True, namespace=space),
        stateful("witness", 1, pod("witness", [main], volumes, init=[first]), {"data": "500Gi"}, space),
        budget("witness", namespace=space),
    ]


def _orderer(member: str, space: str) -> list[Doc]:
    ports = {name: FABRIC_PORTS[name] for name in ("orderer", "admin", "operations")}
    node, folder = OrdererNode(member, ports["orderer"], ports["admin"], ports["operations"]), Folder(_ROOT)
    settings = _abroad(orderer_yaml(node, Plan("raft", (), (node,)), folder), f"orderer.{space}")
    main = container(
        "orderer", FABRIC_ORDERER, cpu="500m", memory="256Mi", limit="1Gi", command=["orderer"],
        env=[value("FABRIC_CFG_PATH", "/config")],
        mounts={
            "config:ro": "/config", "identity:ro": str(folder.orderer_host(member)),
            "data": str(folder.node(f"orderer-{member}")),
        },
        ports=ports, probes=probes(http("/healthz", ports["operations"]), tcp(ports["orderer"]), 120),
    )  # fmt: skip
    volumes = [config_volume("config", "orderer"), secret("identity", "orderer", _MSP)]
    return [
        config("orderer", {"orderer.yaml": json.dumps(settings, indent=1)}, space),
        service("orderer", ports, headless=True, namespace=space),
        stateful("orderer", 1, pod("orderer", [main], volumes, grace_s=60), {"data": "500Gi"}, space),
        budget("orderer", namespace=space),
    ]


def _abroad(settings: Any, host: str) -> Any:
    """The native node's file for a pod: it listens on all addresses and is reached by its Service's name."""
    if isinstance(settings, dict):
        made = {}
        for name, one in settings.items():
            listens = name in _LISTENS and isinstance(one, str)
            made[name] = one.replace(_LOCAL, "0.0.0.0") if listens else _abroad(one, host)
        return made
    if isinstance(settings, list):
        return [_abroad(one, host) for one in settings]
    return settings.replace(_LOCAL, host) if isinstance(settings, str) else settings


def organisations() -> dict[str, list[Doc]]:
    """By member; the regulator orders, as on one machine."""
    return {member: organisation(member, orders=member == MEMBERS[-1]) for member in MEMBERS}
