"""Who may speak with whom: nobody, but for what the line needs."""

from __future__ import annotations

from typing import Any

from ops.fabric.plan import MEMBERS
from ops.k8s.fabric import namespace
from ops.k8s.line import CAPTURE, PAGES
from ops.k8s.parts import NAMESPACE, Doc, doc
from ops.stack.plan import FABRIC_PORTS, KAFKA_SERVER, NEO4J_SERVER, WEB_PORT, WORKER_PORT, WORKERS

_ASKED: dict[str, tuple[str, ...]] = {
    KAFKA_SERVER.name: (*WORKERS, CAPTURE, PAGES),
    NEO4J_SERVER.name: ("projector", CAPTURE, PAGES),
}
"""Server -> who reads or writes it."""
_PORTS = {server.name: server.ports[0][1] for server in (KAFKA_SERVER, NEO4J_SERVER)}


def _of(*names: str) -> Doc:
    return {"podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": list(names)}]}}


def _space(name: str) -> Doc:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _ports(*ports: int, protocol: str = "TCP") -> list[Doc]:
    return [{"protocol": protocol, "port": port} for port in ports]


def _policy(name: str, selector: Doc, space: str, **rules: Any) -> Doc:
    spec = {"podSelector": selector, "policyTypes": [kind.capitalize() for kind in rules], **rules}
    return doc("networking.k8s.io/v1", "NetworkPolicy", name, {"spec": spec}, space)


def _named(name: str) -> Doc:
    return {"matchLabels": {"app.kubernetes.io/name": name}}


def _dns(space: str) -> Doc:
    asked = {"to": [_space("kube-system")], "ports": [*_ports(53, protocol="UDP"), *_ports(53)]}
    return _policy("dns", {}, space, egress=[asked])


def line() -> list[Doc]:
    """Everything is closed; servers are open to who is named; the Ingress reaches the pages, Prometheus the workers."""
    made = [_policy("nobody", {}, NAMESPACE, ingress=[], egress=[]), _dns(NAMESPACE)]
    for server, callers in _ASKED.items():
        port = _PORTS[server]
        made.append(_policy(server, _named(server), NAMESPACE, ingress=[{"from": [_of(*callers)], "ports": _ports(port)}]))
        allowed = {"matchExpressions": _of(*callers)["podSelector"]["matchExpressions"]}
        made.append(_policy(f"to-{server}", allowed, NAMESPACE, egress=[{"to": [_of(server)], "ports": _ports(port)}]))
    name, both = KAFKA_SERVER.name, [port for _, port in KAFKA_SERVER.ports]
    came, went = {"from": [_of(name)], "ports": _ports(*both)}, {"to": [_of(name)], "ports": _ports(*both)}
    made.append(_policy("brokers", _named(name), NAMESPACE, ingress=[came], egress=[went]))
    web, workers = (_of(*names)["podSelector"] for names in ((CAPTURE, PAGES), WORKERS))
    made.append(_policy("web", web, NAMESPACE, ingress=[{"from": [_space("ingress")], "ports": _ports(WEB_PORT)}]))
    made.append(_policy("metrics", workers, NAMESPACE, ingress=[{"from": [_space("monitoring")], "ports": _ports(WORKER_PORT)}]))
    ledger = _of("ledger", "projector", CAPTURE, PAGES)["podSelector"]
    to = [{"to": [_space(namespace(member)) for member in MEMBERS], "ports": _ports(FABRIC_PORTS["peer"])}]
    made.append(_policy("to-peers", ledger, NAMESPACE, egress=to))
    return made


def organisation(member: str, *, orders: bool) -> list[Doc]:
    """Peers are open to the channel's members and to the line; a contract only to its own peer; orderers to peers."""
    space = namespace(member)
    everybody = [_space(namespace(one)) for one in MEMBERS]
    channel, contract = _ports(FABRIC_PORTS["peer"], FABRIC_PORTS["orderer"]), _ports(FABRIC_PORTS["chaincode"])
    line_too = [*everybody, _space(NAMESPACE)]
    made = [
        _policy("nobody", {}, space, ingress=[], egress=[]),
        _dns(space),
        _policy("peer", _named("peer"), space, ingress=[{"from": line_too, "ports": _ports(FABRIC_PORTS["peer"])}]),
        _policy("contract", _named("contract"), space, ingress=[{"from": [_of("peer")], "ports": contract}]),
        _policy("to-contract", _named("peer"), space, egress=[{"to": [_of("contract")], "ports": contract}]),
    ]
    asking = _of("peer", "witness", "orderer")["podSelector"]
    made.append(_policy("to-channel", asking, space, egress=[{"to": everybody, "ports": channel}]))
    if orders:
        asked = {"from": everybody, "ports": _ports(FABRIC_PORTS["orderer"])}
        made.append(_policy("orderer", _named("orderer"), space, ingress=[asked]))
    return made
