"""core.yaml, orderer.yaml and the environment of every process: what the programs read when they start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from ops.fabric.channel import Yaml
from ops.fabric.plan import CHAINCODE, DOMAIN, Folder, OrdererNode, PeerNode, Plan

PROJECT = Path(__file__).parents[2]
MAX_BYTES = 100 * 1024 * 1024


class Process(NamedTuple):
    """One process of the network. `program`: a name of `programs.NAMES`, or "python"."""

    name: str
    program: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    cwd: Path


def peer_process(node: PeerNode, folder: Folder) -> Process:
    name = f"peer-{node.member}"
    return Process(name, "peer", ("node", "start"), {"FABRIC_CFG_PATH": str(folder.node(name))}, folder.node(name))


def orderer_process(node: OrdererNode, folder: Folder) -> Process:
    name = f"orderer-{node.member}"
    return Process(name, "orderer", (), {"FABRIC_CFG_PATH": str(folder.node(name))}, folder.node(name))


def contract_process(node: PeerNode, package: str) -> Process:
    environment = {"CHAINCODE_ID": package, "CHAINCODE_SERVER_ADDRESS": f"127.0.0.1:{node.chaincode}"}
    return Process(f"contract-{node.member}", sys.executable, ("-m", "chaincode.server"), environment, PROJECT)


def core_yaml(node: PeerNode, plan: Plan, folder: Folder) -> Yaml:
    """A peer. Gossip intervals of a second and `orgLeader`: blocks and endorsement plans are there at once, not after half a
    minute; `handlers`: without them requests are not checked; `runtimeParams`: without them there are no batch messages."""
    home, host = folder.node(f"peer-{node.member}"), folder.peer_host(node.member)
    address = f"{plan.host('peer', node.member)}:{node.port}"
    return {
        "peer": {
            "id": f"peer0.{node.member}.{DOMAIN}",
            "networkId": CHAINCODE,
            "listenAddress": f"{plan.listen}:{node.port}",
            "address": address,
            "chaincodeListenAddress": f"{plan.listen}:{node.internal}",
            "chaincodeAddress": f"{plan.host('peer', node.member)}:{node.internal}",
            "localMspId": node.member,
            "localMspType": "bccsp",
            "mspConfigPath": str(host / "msp"),
            "fileSystemPath": str(home / "data"),
            "tls": _tls(host / "tls"),
            # Clients ping every minute; without these a peer takes that for abuse and hangs up.
            "keepalive": {
                "interval": "7200s",
                "timeout": "20s",
                "minInterval": "20s",
                "client": {"interval": "60s", "timeout": "20s"},
                "deliveryClient": {"interval": "60s", "timeout": "20s"},
            },
            "authentication": {"timewindow": "15m"},
            "BCCSP": {"Default": "SW", "SW": {"Hash": "SHA2", "Security": 256}},
            "handlers": {
                "authFilters": [{"name": "DefaultAuth"}, {"name": "ExpirationCheck"}, {"name": "TimeWindowCheck"}],
                "decorators": [{"name": "DefaultDecorator"}],
                "endorsers": {"escc": {"name": "DefaultEndorsement"}},
                "validators": {"vscc": {"name": "DefaultValidation"}},
            },
            "discovery": {"enabled": True, "authCacheEnabled": True, "authCacheMaxSize": 1000},
            "gateway": {"enabled": True, "endorsementTimeout": "8s", "broadcastTimeout": "5s", "dialTimeout": "10s"},
            "gossip": {
                "bootstrap": address,
                "externalEndpoint": address,
                "useLeaderElection": False,
                "orgLeader": True,
                "reconnectInterval": "1s",
                "publishStateInfoInterval": "1s",
                "requestStateInfoInterval": "1s",
                "aliveTimeInterval": "1s",
                "aliveExpirationTimeout": "5s",
                "state": {"enabled": False},
            },
            "deliveryclient": {"reconnectTotalTimeThreshold": "3600s", "reConnectBackoffThreshold": "2s", "connTimeout": "3s"},
            "limits": {"concurrency": {"endorserService": 2500, "deliverService": 2500, "gatewayService": 500}},
            "maxRecvMsgSize": MAX_BYTES,
            "maxSendMsgSize": MAX_BYTES,
        },
        "vm": {"endpoint": ""},
        "chaincode": {
            "externalBuilders": [{"name": "service", "path": str(folder.builder)}],
            "installTimeout": "60s",
            "startuptimeout": "30s",
            # A contract that was paused: its peer gives up before the gateway's client does, and others are asked.
            "executetimeout": "20s",
            "mode": "net",
            "system": {"_lifecycle": "enable", "cscc": "enable", "lscc": "enable", "qscc": "enable"},
            "runtimeParams": {
                "useWriteBatch": True,
                "maxSizeWriteBatch": 5000,
                "useGetMultipleKeys": True,
                "maxSizeGetMultipleKeys": 5000,
            },
        },
        "ledger": {
            "state": {"stateDatabase": "goleveldb", "totalQueryLimit": 100000},
            # The index of a channel's history by key is ours (`ledger.fabric.index`); the peer's costs writes.
            "history": {"enableHistoryDatabase": False},
            "snapshots": {"rootDir": str(home / "snapshots")},
        },
        "operations": {"listenAddress": f"{plan.listen}:{node.operations}"},
        "metrics": {"provider": "prometheus"},
    }


def orderer_yaml(node: OrdererNode, plan: Plan, folder: Folder) -> Yaml:
    """An orderer: everything in its own file, because the environment can only change keys that stand in one."""
    home, host = folder.node(f"orderer-{node.member}"), folder.orderer_host(node.member)
    tls = {
        "Enabled": True,
        "PrivateKey": str(host / "tls/server.key"),
        "Certificate": str(host / "tls/server.crt"),
        "RootCAs": [str(host / "tls/ca.crt")],
    }
    admin = tls | {"ClientAuthRequired": True, "ClientRootCAs": [str(host / "tls/ca.crt")]}
    return {
        "General": {
            "ListenAddress": plan.listen,
            "ListenPort": node.port,
            "TLS": tls,
            "LocalMSPDir": str(host / "msp"),
            "LocalMSPID": f"{node.member}-orderer",
            "Keepalive": {"ServerMinInterval": "20s", "ServerInterval": "7200s", "ServerTimeout": "20s"},
            "BCCSP": {"Default": "SW", "SW": {"Hash": "SHA2", "Security": 256}},
            "Authentication": {"TimeWindow": "15m"},
            "MaxRecvMsgSize": MAX_BYTES,
            "MaxSendMsgSize": MAX_BYTES,
            "Cluster": {"SendBufferSize": 100},
        },
        "FileLedger": {"Location": str(home / "data")},
        "Operations": {"ListenAddress": f"{plan.listen}:{node.operations}", "TLS": {"Enabled": False}},
        "Metrics": {"Provider": "prometheus"},
        "Admin": {"ListenAddress": f"{plan.listen}:{node.admin}", "TLS": admin},
        # Without a size every join is refused with status 400.
        "ChannelParticipation": {"Enabled": True, "MaxRequestBodySize": "1 MB"},
        "Consensus": {"WALDir": str(home / "wal"), "SnapDir": str(home / "snapshots")},
    }


def _tls(folder: Path) -> Yaml:
    return {
        "enabled": True,
        "clientAuthRequired": False,
        "cert": {"file": str(folder / "server.crt")},
        "key": {"file": str(folder / "server.key")},
        "rootcert": {"file": str(folder / "ca.crt")},
    }


def admin_environment(member: str, plan: Plan, folder: Folder) -> dict[str, str]:
    """What the `peer` command needs to act as an organisation's administrator at its own peer."""
    node = next(peer for peer in plan.peers if peer.member == member)
    return {
        "FABRIC_CFG_PATH": str(folder.node(f"peer-{member}")),
        "CORE_PEER_LOCALMSPID": member,
        "CORE_PEER_MSPCONFIGPATH": str(folder.user(member, "Admin") / "msp"),
        "CORE_PEER_ADDRESS": f"127.0.0.1:{node.port}",
        "CORE_PEER_TLS_ENABLED": "true",
        "CORE_PEER_TLS_ROOTCERT_FILE": str(folder.peer_host(member) / "tls/ca.crt"),
    }
