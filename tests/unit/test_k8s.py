"""Manifests follow from the plan, are what Kubernetes takes, and give nobody more than is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ops.fabric.plan import MEMBERS
from ops.k8s.__main__ import FOLDER, rendered
from ops.k8s.line import settings as shared
from ops.settings import Settings
from ops.stack.compose import compose
from ops.stack.plan import BROKER, FABRIC_ORDERER, FABRIC_PEER, GRAPH, SERVERS, WORKER_PORT, WORKERS

VERSION = kubernetes_validate.latest_version()


def _all() -> list[dict[str, Any]]:
    texts = [text for path, text in rendered().items() if not path.endswith("kustomization.yaml")]
    return [doc for text in texts for doc in yaml.safe_load_all(text)]


DOCS = _all()
PODS = [(doc["metadata"]["namespace"] + "/" + doc["metadata"]["name"], doc["spec"]["template"]["spec"]) for doc in DOCS
        if doc["kind"] in ("StatefulSet", "Deployment")]  # fmt: skip


def _containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in PODS:
        for one in (*pod.get("initContainers", []), *pod["containers"]):
            yield f"{name}/{one['name']}", one


def _named(kind: str, name: str, namespace: str = "medtrace") -> dict[str, Any]:
    (found,) = [d for d in DOCS if (d["kind"], d["metadata"]["name"], d["metadata"].get("namespace")) == (kind, name, namespace)]
    return found


def test_the_written_manifests_follow_from_the_plan() -> None:
    written = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")}
    assert written == rendered(), "run `python -m ops.k8s`"


def test_kubernetes_own_schema_takes_every_document() -> None:
    for doc in DOCS:
        kubernetes_validate.validate(doc, VERSION, strict=True)
    broken = {**DOCS[0], "specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_versions_ports_and_settings_are_those_of_compose_and_native() -> None:
    services = compose()["services"]
    for server in SERVERS:
        pod = _named("StatefulSet", server.name)["spec"]["template"]["spec"]
        assert {one["image"] for one in pod["containers"]} == {services[server.name]["image"]} == {server.image}
        assert {port["containerPort"] for port in pod["containers"][0]["ports"]} == {port for _, port in server.ports}
    kafka = _named("ConfigMap", "kafka")["data"]["server.properties"].splitlines()
    same = {name for name in BROKER if f"{name}={BROKER[name]}" in kafka}
    assert {"auto.create.topics.enable", "message.max.bytes", "group.min.session.timeout.ms"} <= same
    assert len({line.partition("=")[0] for line in kafka}) == len(kafka)
    graph = _named("ConfigMap", "neo4j")["data"]["neo4j.conf"].splitlines()
    assert all(f"{name}={text}" in graph for name, text in GRAPH.items() if not name.startswith("server.memory"))
    images = {one["image"] for _, one in _containers()}
    assert images == {"medtrace:local", FABRIC_PEER, FABRIC_ORDERER, *(server.image for server in SERVERS)}
    assert all(re.fullmatch(r"[a-z0-9/-]+:(\d+\.\d+\.\d+(-community)?|local)", image) for image in images)


def test_every_setting_is_one_and_the_line_starts_with_them(tmp_path: Path) -> None:
    given = {name.removeprefix("MEDTRACE_").lower(): value for name, value in shared().items()}
    (tmp_path / "profile.json").touch()
    made = Settings(**{**given, "fabric_profile": tmp_path / "profile.json"})
    assert (made.backend, made.ledger, made.graph) == ("stack", "fabric", "neo4j")
    assert (made.kafka_replication, made.kafka_min_insync) == (3, 2)
    environment = [entry["name"] for _, one in _containers() for entry in one.get("env", [])]
    ours = {name.removeprefix("MEDTRACE_").lower() for name in environment if name.startswith("MEDTRACE_")}
    assert ours == {"worker", "follow_custody"} <= set(Settings.model_fields)


def test_each_role_is_a_stateful_group_with_lasting_names_and_real_probes() -> None:
    for role in WORKERS:
        spec = _named("StatefulSet", role)["spec"]
        (one,) = spec["template"]["spec"]["containers"]
        assert one["args"] == ["worker", role]
        assert {"name": "MEDTRACE_WORKER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}} in one["env"]
        assert one["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": WORKER_PORT}
        assert one["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": WORKER_PORT}
        assert spec["volumeClaimTemplates"][0]["metadata"]["name"] == "data"
    assert _named("StatefulSet", "projector")["spec"]["replicas"] == 1


def test_capture_grows_by_itself_and_everything_that_runs_has_a_budget() -> None:
    scaler = _named("HorizontalPodAutoscaler", "capture")["spec"]
    target = _named(scaler["scaleTargetRef"]["kind"], scaler["scaleTargetRef"]["name"])
    assert "replicas" not in target["spec"]
    assert 1 < scaler["minReplicas"] < scaler["maxReplicas"]
    budgets = {(d["metadata"]["namespace"], *d["spec"]["selector"]["matchLabels"].values()) for d in DOCS
               if d["kind"] == "PodDisruptionBudget"}  # fmt: skip
    running = {(d["metadata"]["namespace"], d["metadata"]["name"]) for d in DOCS if d["kind"] in ("StatefulSet", "Deployment")}
    assert budgets == running


@pytest.mark.parametrize(("name", "pod"), PODS, ids=[name for name, _ in PODS])
def test_no_pod_is_root_or_writes_into_its_image(name: str, pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in pod["volumes"]}
    for one in (*pod.get("initContainers", []), *pod["containers"]):
        context = one["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(one["resources"]) == {"requests", "limits"}
        assert "memory" in one["resources"]["limits"]
        mounted = [mount["mountPath"] for mount in one["volumeMounts"]]
        assert len(mounted) == len(set(mounted))
        claims = {"data"}
        assert {mount["name"] for mount in one["volumeMounts"]} <= volumes | claims


def test_secrets_are_files_and_none_stands_in_a_manifest() -> None:
    assert not [doc for doc in DOCS if doc["kind"] == "Secret"]
    for _, one in _containers():
        for entry in one.get("env", []):
            assert "secretKeyRef" not in entry.get("valueFrom", {})
            assert not re.search("PASSWORD|_KEY$", entry["name"])
    assert "MEDTRACE_NEO4J_PASSWORD_FILE" in shared()


@pytest.mark.parametrize("namespace", ["medtrace", *(f"medtrace-{member}" for member in MEMBERS)])
def test_nobody_may_speak_but_who_is_named(namespace: str) -> None:
    closed = _named("NetworkPolicy", "nobody", namespace)["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}
    rules = [d["spec"] for d in DOCS if d["kind"] == "NetworkPolicy" and d["metadata"]["namespace"] == namespace]
    for spec in rules:
        for rule in (*spec.get("ingress", []), *spec.get("egress", [])):
            assert rule.get("from") or rule.get("to")
            assert rule["ports"]
            for peer in (*rule.get("from", []), *rule.get("to", [])):
                assert peer.get("podSelector") or peer.get("namespaceSelector")
    servers = {"neo4j", "kafka"} if namespace == "medtrace" else {"peer", "contract"}
    for server in servers:
        guarded = _named("NetworkPolicy", server, namespace)["spec"]["podSelector"]["matchLabels"]
        assert guarded == {"app.kubernetes.io/name": server}


def test_services_lead_to_pods_that_listen_there() -> None:
    ports = {(d["metadata"]["namespace"], d["metadata"]["name"]): {p["containerPort"] for p in c.get("ports", [])}
             for d in DOCS if d["kind"] in ("StatefulSet", "Deployment") for c in d["spec"]["template"]["spec"]["containers"]}
    for service in (d for d in DOCS if d["kind"] == "Service"):
        key = service["metadata"]["namespace"], service["spec"]["selector"]["app.kubernetes.io/name"]
        assert {port["port"] for port in service["spec"].get("ports", [])} <= ports[key]
    for way in _named("Ingress", "medtrace")["spec"]["rules"][0]["http"]["paths"]:
        assert _named("Service", way["backend"]["service"]["name"])


def test_a_contract_s_package_names_the_address_of_its_own_service() -> None:
    seen = set()
    for member in MEMBERS:
        (one,) = _named("Deployment", "contract", f"medtrace-{member}")["spec"]["template"]["spec"]["containers"]
        environment = {entry["name"]: entry["value"] for entry in one["env"]}
        assert re.fullmatch(r"medtrace:[0-9a-f]{64}", environment["CHAINCODE_ID"])
        seen.add(environment["CHAINCODE_ID"])
    assert len(seen) == len(MEMBERS)
    core = yaml.safe_load(_named("ConfigMap", "peer", "medtrace-maker")["data"]["core.yaml"])["peer"]
    assert core["listenAddress"] == "0.0.0.0:7051"
    assert core["address"] == core["gossip"]["externalEndpoint"] == "peer.medtrace-maker:7051"
    assert "127.0.0.1" not in str(core)
