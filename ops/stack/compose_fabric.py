"""docker-compose.fabric.yml: four organisations' Fabric beside the line of docker-compose.yml, on the folder that
`python -m ops.fabric make` has written. The folder is mounted under its own path, since its configuration names paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.fabric.builder import package, package_id
from ops.fabric.nodes import Process, orderer_process, peer_process
from ops.fabric.plan import MEMBERS, Folder, Plan, make_plan
from ops.stack.plan import FABRIC_ORDERER, FABRIC_PEER

HEAD = """\
# Made by `medtrace stack compose --fabric` from ops/stack/plan.py and ops/fabric; a test holds them together. Use it beside the
# other file, with Hyperledger's programs at hand for `make` and `join`:
#   export FABRIC_FOLDER=$PWD/fabric-network LINE_UID=$(id -u) NEO4J_PASSWORD=...
#   python -m ops.fabric make --folder $FABRIC_FOLDER
#   docker compose -f docker-compose.yml -f docker-compose.fabric.yml up -d --build
#   python -m ops.fabric join --folder $FABRIC_FOLDER
#   medtrace key witnesses $FABRIC_FOLDER/witnesses.json   (in the line's data folder: three of four must sign)
"""
_WHERE = "${FABRIC_FOLDER:?see the head of this file}"
_USER = "${LINE_UID:?see the head of this file}"
_ROOT = Path("/@fabric@")
_WRITER = "maker"
_LINE = ("ledger", "projector", "serve")
"""Who reads or writes the channel, as the writer's organisation."""


def compose_fabric() -> dict[str, Any]:
    """The file's content."""
    plan, folder = make_plan(containers=True), Folder(_ROOT)
    services: dict[str, Any] = {}
    for node in plan.orderers:
        process, identity = orderer_process(node, folder), folder.orderer_host(node.member)
        services |= _node(process, FABRIC_ORDERER, folder, identity, [node.port, node.admin], node.operations)
    for peer in plan.peers:
        process, identity = peer_process(peer, folder), folder.peer_host(peer.member)
        services |= _node(process, FABRIC_PEER, folder, identity, [peer.port], peer.operations)
        address = f"{plan.host('contract', peer.member)}:{peer.chaincode}"
        services[f"contract-{peer.member}"] = {
            "image": "medtrace:local",
            "entrypoint": ["python", "-m", "chaincode.server"],
            "command": [],
            "environment": {
                "CHAINCODE_ID": package_id(package(address)),
                "CHAINCODE_SERVER_ADDRESS": f"0.0.0.0:{peer.chaincode}",
            },
            "healthcheck": {"test": ["CMD", "python", "-c", _connects(peer.chaincode)], **_HEALTH},
            "restart": "unless-stopped",
        }
        services[f"witness-{peer.member}"] = _witness(peer.member, plan, folder)
    for name in _LINE:
        services[name] = {
            "environment": {"MEDTRACE_LEDGER": "fabric", "MEDTRACE_FABRIC_PROFILE": str(folder.profile(_WRITER))},
            "volumes": _client(_WRITER, folder),
        }
    found = _placed({"services": services})
    assert isinstance(found, dict)
    return found


def rendered() -> str:
    """The file's text."""
    import yaml  # only who changes the plan needs it

    return HEAD + yaml.safe_dump(compose_fabric(), sort_keys=False, width=130)


_HEALTH = {"interval": "5s", "timeout": "5s", "retries": 24, "start_period": "20s"}


def _node(process: Process, image: str, folder: Folder, identity: Path, ports: list[int], operations: int) -> dict[str, Any]:
    """Its configuration and data are one folder; of the certificates it sees its own."""
    home = folder.node(process.name)
    binds = [f"{home}:{home}", f"{identity}:{identity}:ro"]
    if process.program == "peer":
        binds.append(f"{folder.builder}:{folder.builder}:ro")
    return {
        process.name: {
            "image": image,
            "user": _USER,
            "command": [process.program, *process.arguments],
            "environment": process.environment,
            "working_dir": str(home),
            "volumes": binds,
            "ports": [f"127.0.0.1:{port}:{port}" for port in ports],
            "healthcheck": {"test": ["CMD", "bash", "-c", f"</dev/tcp/127.0.0.1/{operations}"], **_HEALTH},
            "restart": "unless-stopped",
        }
    }


def _connects(port: int) -> str:
    return f"import socket; socket.create_connection(('127.0.0.1', {port}), 4)"


def _client(member: str, folder: Folder) -> list[str]:
    """What an organisation's client sees: its own key, and the authorities of everybody's certificates."""
    seen = [folder.profile(member), folder.user(member, "User1")]
    seen += [folder.peer_host(other) / "tls" / "ca.crt" for other in MEMBERS]
    return [f"{path}:{path}:ro" for path in seen]


def _witness(member: str, plan: Plan, folder: Folder) -> dict[str, Any]:
    indexes = folder.root / "indexes"
    arguments = ["--profile", str(folder.profile(member)), "--index", str(indexes / f"{member}.sqlite"), "--signer", member]
    arguments += ["--key", str(folder.witness_key(member)), "--origin", plan.origin, "--interval-ms", str(plan.interval_ms)]
    key = folder.witness_key(member)
    return {
        "image": "medtrace:local",
        "entrypoint": ["python", "-m", "ops.fabric.witness"],
        "command": arguments,
        "volumes": [*_client(member, folder), f"{indexes}:{indexes}", f"{key}:{key}:ro"],
        "restart": "unless-stopped",
    }


def _placed(value: Any) -> Any:
    """The folder's real place comes from the environment."""
    if isinstance(value, dict):
        return {name: _placed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_placed(one) for one in value]
    return value.replace(str(_ROOT), _WHERE) if isinstance(value, str) else value
