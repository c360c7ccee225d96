"""docker-compose.yml, made from the plan: the same versions, settings and processes as the native launcher starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.stack.plan import GRAPH, KAFKA_SERVER, NEO4J_SERVER, WORKERS, broker

HEAD = """\
# Made by `medtrace stack compose` from ops/stack/plan.py; a test holds both together. Secrets come from the environment:
# NEO4J_PASSWORD has no default. Before the first start: docker compose run --rm serve key init
"""
_PASSWORD = "${NEO4J_PASSWORD:?choose a password for Neo4j}"
_HEALTH = {"interval": "5s", "timeout": "5s", "retries": 24, "start_period": "20s"}


def compose() -> dict[str, Any]:
    """The file's content."""
    line = {role: _worker(role) for role in WORKERS}
    return {
        "name": "medtrace",
        "services": {"kafka": _kafka(), "neo4j": _neo4j(), **line, "serve": _serve()},
        "volumes": {"kafka": {}, "neo4j": {}, "line": {}},
    }


def rendered() -> str:
    """The file's text."""
    import yaml  # only who changes the plan needs it

    return HEAD + yaml.safe_dump(compose(), sort_keys=False, width=110)


def _kafka() -> dict[str, Any]:
    clients = KAFKA_SERVER.ports[0][1]
    settings = broker("1", "kafka")
    environment = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}
    environment["KAFKA_HEAP_OPTS"] = f"-Xms256m -Xmx{KAFKA_SERVER.heap}"
    look = f"/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server kafka:{clients}"
    return {
        "image": KAFKA_SERVER.image,
        "environment": environment,
        "volumes": ["kafka:/var/lib/kafka/data"],
        "healthcheck": {"test": ["CMD-SHELL", f"{look} >/dev/null"], **_HEALTH},
        "restart": "unless-stopped",
    }


def _neo4j() -> dict[str, Any]:
    """The image writes a setting's dots as one and its underscores as two underscores."""
    heap = NEO4J_SERVER.heap
    settings = {**GRAPH, "server.memory.heap.initial_size": heap, "server.memory.heap.max_size": heap}
    environment = {f"NEO4J_{name.replace('_', '__').replace('.', '_')}": value for name, value in settings.items()}
    return {
        "image": NEO4J_SERVER.image,
        "environment": {"NEO4J_AUTH": f"neo4j/{_PASSWORD}", **environment},
        "volumes": ["neo4j:/data"],
        "healthcheck": {"test": ["CMD", "bash", "-c", f"</dev/tcp/127.0.0.1/{NEO4J_SERVER.ports[0][1]}"], **_HEALTH},
        "restart": "unless-stopped",
    }


def _line(command: list[str], health: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    probe = f"import urllib.request; urllib.request.urlopen('{health}', timeout=4)"
    return {
        "build": {"context": ".", "dockerfile": "ops/stack/Dockerfile", "args": {"UID": "${LINE_UID:-10001}"}},
        "image": "medtrace:local",
        "command": command,
        "environment": {
            "MEDTRACE_BACKEND": "stack",
            "MEDTRACE_DATA": "/data",
            "MEDTRACE_KAFKA_BOOTSTRAP": f"kafka:{KAFKA_SERVER.ports[0][1]}",
            "MEDTRACE_GRAPH": "neo4j",
            "MEDTRACE_NEO4J_URI": f"bolt://neo4j:{NEO4J_SERVER.ports[0][1]}",
            "MEDTRACE_NEO4J_PASSWORD": _PASSWORD,
            "MEDTRACE_WORKER_PORT": "8001",
        },
        "volumes": ["line:/data"],
        "depends_on": {name: {"condition": "service_healthy"} for name in ("kafka", "neo4j")},
        "healthcheck": {"test": ["CMD", "python", "-c", probe], **_HEALTH},
        "restart": "unless-stopped",
        "stop_grace_period": "40s",
        **extra,
    }


def _worker(role: str) -> dict[str, Any]:
    return _line(["worker", role, "--name", "1"], "http://127.0.0.1:8001/health/ready", {})


def _serve() -> dict[str, Any]:
    ports = {"ports": ["127.0.0.1:8000:8000"]}
    return _line(["serve", "--host", "0.0.0.0"], "http://127.0.0.1:8000/health/live", ports)
