"""The channel's configuration: members, policies, who orders, when blocks are cut. What configtxgen and cryptogen read."""

from __future__ import annotations

from typing import Any

from ops.fabric.plan import DOMAIN, MEMBERS, Folder, OrdererNode, PeerNode, Plan

PROFILE = "Medtrace"
Yaml = dict[str, Any]


def crypto_config(plan: Plan) -> Yaml:
    """Certificates that say what their holder is (node OUs): a client can't endorse, a peer can't order."""
    sans = ["127.0.0.1", "localhost"]
    return {
        "PeerOrgs": [
            {
                "Name": member,
                "Domain": f"{member}.{DOMAIN}",
                "EnableNodeOUs": True,
                "Specs": [{"Hostname": "peer0", "SANS": [*sans, plan.host("peer", member)]}],
                "Users": {"Count": 1},
            }
            for member in MEMBERS
        ],
        "OrdererOrgs": [
            {
                "Name": f"{node.member}-orderer",
                "Domain": f"orderer.{node.member}.{DOMAIN}",
                "EnableNodeOUs": True,
                "Specs": [{"Hostname": "node", "SANS": [*sans, plan.host("orderer", node.member)]}],
            }
            for node in plan.orderers
        ],
    }


def configtx(plan: Plan, folder: Folder) -> Yaml:
    """The channel as it starts. Endorsement: a majority of the members, for the contract and for changing it."""
    orderer: Yaml = {
        "OrdererType": "BFT" if plan.ordering == "bft" else "etcdraft",
        "BatchTimeout": plan.blocks.timeout,
        "BatchSize": {
            "MaxMessageCount": plan.blocks.messages,
            "AbsoluteMaxBytes": plan.blocks.absolute,
            "PreferredMaxBytes": plan.blocks.preferred,
        },
        "Organizations": [_orderer_org(plan, node, folder) for node in plan.orderers],
        "Policies": _meta() | {"BlockValidation": _rule("ImplicitMeta", "ANY Writers")},
        "Capabilities": {"V2_0": True},
    }
    orderer |= _bft(plan, folder) if plan.ordering == "bft" else _raft(plan, folder)
    application: Yaml = {
        "Organizations": [_peer_org(plan, node, folder) for node in plan.peers],
        "Policies": _meta()
        | {
            "LifecycleEndorsement": _rule("ImplicitMeta", "MAJORITY Endorsement"),
            "Endorsement": _rule("ImplicitMeta", "MAJORITY Endorsement"),
        },
        "Capabilities": {"V2_5": True},
    }
    profile: Yaml = {"Policies": _meta(), "Capabilities": {"V3_0": True}, "Orderer": orderer, "Application": application}
    return {"Profiles": {PROFILE: profile}}


def _rule(type_: str, rule: str) -> Yaml:
    return {"Type": type_, "Rule": rule}


def _meta() -> Yaml:
    return {
        "Readers": _rule("ImplicitMeta", "ANY Readers"),
        "Writers": _rule("ImplicitMeta", "ANY Writers"),
        "Admins": _rule("ImplicitMeta", "MAJORITY Admins"),
    }


def _peer_org(plan: Plan, node: PeerNode, folder: Folder) -> Yaml:
    member = node.member

    def one_of(*roles: str) -> Yaml:
        return _rule("Signature", f"OR({', '.join(repr(f'{member}.{role}') for role in roles)})")

    return {
        "Name": member,
        "ID": member,
        "MSPDir": str(folder.peer_org(member) / "msp"),
        "Policies": {
            "Readers": one_of("admin", "peer", "client"),
            "Writers": one_of("admin", "client"),
            "Admins": one_of("admin"),
            "Endorsement": one_of("peer"),
        },
        "AnchorPeers": [{"Host": plan.host("peer", member), "Port": node.port}],
    }


def _orderer_org(plan: Plan, node: OrdererNode, folder: Folder) -> Yaml:
    member, name = node.member, f"{node.member}-orderer"
    return {
        "Name": name,
        "ID": name,
        "MSPDir": str(folder.orderer_org(member) / "msp"),
        "Policies": {
            "Readers": _rule("Signature", f"OR('{name}.member')"),
            "Writers": _rule("Signature", f"OR('{name}.member')"),
            "Admins": _rule("Signature", f"OR('{name}.admin')"),
        },
        "OrdererEndpoints": [f"{plan.host('orderer', member)}:{node.port}"],
    }


def _raft(plan: Plan, folder: Folder) -> Yaml:
    """Ticks of 100 ms: a restart would wait ten seconds for its election with the usual ones."""
    return {
        "EtcdRaft": {
            "Consenters": [
                {
                    "Host": plan.host("orderer", node.member),
                    "Port": node.port,
                    "ClientTLSCert": str(folder.orderer_host(node.member) / "tls/server.crt"),
                    "ServerTLSCert": str(folder.orderer_host(node.member) / "tls/server.crt"),
                }
                for node in plan.orderers
            ],
            "Options": {
                "TickInterval": "100ms",
                "ElectionTick": 10,
                "HeartbeatTick": 1,
                "MaxInflightBlocks": 5,
                "SnapshotIntervalSize": "16 MB",
            },
        }
    }


def _bft(plan: Plan, folder: Folder) -> Yaml:
    """Blocks are cut by RequestBatchMaxInterval here, not by BatchTimeout; a lost leader costs seconds, not half a minute."""
    mapping: list[Yaml] = []
    for number, node in enumerate(plan.orderers, 1):
        host = folder.orderer_host(node.member)
        certificates = sorted((host / "msp/signcerts").glob("*.pem"))
        mapping.append(
            {
                "ID": number,
                "Host": plan.host("orderer", node.member),
                "Port": node.port,
                "MSPID": f"{node.member}-orderer",
                "Identity": str(certificates[0] if certificates else host / "msp/signcerts"),
                "ClientTLSCert": str(host / "tls/server.crt"),
                "ServerTLSCert": str(host / "tls/server.crt"),
            }
        )
    return {
        "ConsenterMapping": mapping,
        "SmartBFT": {
            "RequestBatchMaxInterval": plan.blocks.timeout,
            "RequestForwardTimeout": "1s",
            "RequestComplainTimeout": "3s",
            "RequestAutoRemoveTimeout": "3m0s",
            "ViewChangeResendInterval": "2s",
            "ViewChangeTimeout": "5s",
            "LeaderHeartbeatTimeout": "5s",
            "CollectTimeout": "1s",
            "IncomingMessageBufferSize": 200,
            "RequestPoolSize": 100000,
            "LeaderHeartbeatCount": 10,
        },
    }


