"""The line: workers by role, capture behind a Service that grows, the pages.

Workers are StatefulSets: a pod's name is its lasting name, so Kafka knows the member again after a restart (static membership),
and its disk is there again. A custody worker that comes to a partition for the first time builds its store from the decisions.
"""

from __future__ import annotations

from ops.k8s.parts import (
    NAMESPACE,
    Doc,
    budget,
    config,
    container,
    doc,
    field,
    http,
    pod,
    probes,
    secret,
    service,
    stateful,
    value,
)
from ops.stack.plan import BROKERS, KAFKA_SERVER, NEO4J_SERVER, WEB_PORT, WORKER_PORT, WORKERS

IMAGE = "medtrace:local"
PARTITIONS = 12
_HELD = "/run/secrets/medtrace"
_KEYS = ("consortium.key", "gateway.pem", "published.json", "page.secret")
SIZES: dict[str, tuple[int, str, str, str, str]] = {
    # replicas, CPU, memory, its limit, disk
    "splitter": (2, "250m", "256Mi", "1Gi", "1Gi"),
    "custody": (3, "1", "768Mi", "2Gi", "100Gi"),
    "ledger": (2, "250m", "256Mi", "1Gi", "50Gi"),
    "projector": (1, "500m", "512Mi", "2Gi", "20Gi"),
    "ticker": (1, "50m", "192Mi", "512Mi", "1Gi"),
}
"""As `docs/operations.md` reckons for 2,000 observations a second; `python -m ops.plan` gives other volumes. One projector: all
of them wait for one lock in the graph."""
CAPTURE, PAGES = "capture", "pages"


def settings() -> dict[str, str]:
    """What all processes share. Secrets come as files."""
    brokers = ",".join(f"{KAFKA_SERVER.name}-{n}.{KAFKA_SERVER.name}:{KAFKA_SERVER.ports[0][1]}" for n in range(BROKERS))
    return {
        "MEDTRACE_BACKEND": "stack",
        "MEDTRACE_DATA": "/data",
        "MEDTRACE_PARTITIONS": str(PARTITIONS),
        "MEDTRACE_KAFKA_BOOTSTRAP": brokers,
        "MEDTRACE_KAFKA_REPLICATION": str(BROKERS),
        "MEDTRACE_KAFKA_MIN_INSYNC": str(BROKERS - 1),
        "MEDTRACE_GRAPH": "neo4j",
        "MEDTRACE_NEO4J_URI": f"bolt://{NEO4J_SERVER.name}:{NEO4J_SERVER.ports[0][1]}",
        "MEDTRACE_NEO4J_PASSWORD_FILE": f"{_HELD}/neo4j-password",
        "MEDTRACE_LEDGER": "fabric",
        "MEDTRACE_FABRIC_PROFILE": "/run/fabric/profile.json",
        "MEDTRACE_WORKER_HOST": "0.0.0.0",
        "MEDTRACE_WORKER_PORT": str(WORKER_PORT),
    }


def _pod(name: str, args: list[str], extra: list[Doc], checks: Doc, port: int, size: tuple[str, str, str]) -> Doc:
    """`size`: CPU, memory, its limit. The keys are copied, since a key file that others could read is refused."""
    copy = f"install -d -m 700 /data/keys && install -m 600 {' '.join(f'{_HELD}/{key}' for key in _KEYS)} /data/keys/"
    mounts = {"data": "/data", "secrets:ro": _HELD, "fabric:ro": "/run/fabric"}
    shared = [{"configMapRef": {"name": "medtrace"}}]
    first = container(
        "keys", IMAGE, cpu="10m", memory="64Mi", command=["sh", "-c", copy], mounts={"data": "/data", "secrets:ro": _HELD}
    )
    main = container(
        name, IMAGE, cpu=size[0], memory=size[1], limit=size[2], args=args, env=extra, mounts=mounts,
        ports={"http": port}, probes=checks,
    )  # fmt: skip
    main["envFrom"] = shared
    volumes = [secret("secrets", "medtrace"), secret("fabric", "medtrace-fabric")]
    return pod(name, [main], volumes, init=[first])


def worker(role: str) -> list[Doc]:
    replicas, cpu, memory, limit, disk = SIZES[role]
    checks = probes(http("/health/ready", WORKER_PORT), http("/health/live", WORKER_PORT), 600)
    named = [field("MEDTRACE_WORKER", "metadata.name")]
    template = _pod(role, ["worker", role], named, checks, WORKER_PORT, (cpu, memory, limit))
    return [
        service(role, {"http": WORKER_PORT}, headless=True),
        stateful(role, replicas, template, {"data": disk}),
        budget(role),
    ]


def capture() -> list[Doc]:
    """Takes documents only: the Ingress leads nothing else here. Each pod keeps an index of all that was captured, by following
    the log; it has a disk so that only a new pod must read the log from its beginning."""
    checks = probes(http("/health/ready", WEB_PORT), http("/health/live", WEB_PORT), 3600)
    template = _pod(CAPTURE, ["serve", "--host", "0.0.0.0"], [], checks, WEB_PORT, ("1", "512Mi", "2Gi"))
    busy = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    scaled = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": CAPTURE},
        "minReplicas": 2,
        "maxReplicas": 20,
        "metrics": [{"type": "Resource", "resource": busy}],
        # A new pod reads the log before it is ready: growing and shrinking by the minute would cost more than it brings.
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 900}},
    }
    made = stateful(CAPTURE, 2, template, {"data": "100Gi"})
    del made["spec"]["replicas"]  # the autoscaler's
    return [
        service(CAPTURE, {"http": WEB_PORT}),
        made,
        doc("autoscaling/v2", "HorizontalPodAutoscaler", CAPTURE, {"spec": scaled}),
        budget(CAPTURE),
    ]


def pages() -> list[Doc]:
    """People's pages and queries. One: subscriptions and counts of scans lie in its folder."""
    checks = probes(http("/health/ready", WEB_PORT), http("/health/live", WEB_PORT), 3600)
    own = [value("MEDTRACE_FOLLOW_CUSTODY", "true")]
    template = _pod(PAGES, ["serve", "--host", "0.0.0.0"], own, checks, WEB_PORT, ("1", "768Mi", "3Gi"))
    return [service(PAGES, {"http": WEB_PORT}), stateful(PAGES, 1, template, {"data": "300Gi"}), budget(PAGES)]


def ingress() -> Doc:
    """One name for all; TLS ends here, with the Secret `medtrace-tls`."""

    def way(path: str, kind: str, name: str) -> Doc:
        return {"path": path, "pathType": kind, "backend": {"service": {"name": name, "port": {"name": "http"}}}}

    paths = [way("/capture", "Prefix", CAPTURE), way("/", "Prefix", PAGES)]
    spec = {
        "tls": [{"hosts": ["medtrace.example.org"], "secretName": "medtrace-tls"}],
        "rules": [{"host": "medtrace.example.org", "http": {"paths": paths}}],
    }
    return doc("networking.k8s.io/v1", "Ingress", "medtrace", {"spec": spec})


def line() -> dict[str, list[Doc]]:
    """By file."""
    files = {f"worker-{role}": worker(role) for role in WORKERS}
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    return {
        "namespace": [namespace, config("medtrace", settings())],
        **files,
        CAPTURE: capture(),
        PAGES: pages(),
        "ingress": [ingress()],
    }
