"""The pieces that all manifests are made of: who may do what in a pod, probes, disks, services, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Doc = dict[str, Any]
NAMESPACE = "medtrace"
USER = 10001
"""The user of the line's own image (`ops/stack/Dockerfile`); other images get it too, so that nothing runs as root."""


def labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "medtrace"}


def doc(version: str, kind: str, name: str, body: Doc, namespace: str = NAMESPACE) -> Doc:
    about = {"name": name, "namespace": namespace, "labels": labels(name)}
    return {"apiVersion": version, "kind": kind, "metadata": about, **body}


def config(name: str, data: Mapping[str, str], namespace: str = NAMESPACE) -> Doc:
    return doc("v1", "ConfigMap", name, {"data": dict(data)}, namespace)


def service(name: str, ports: Mapping[str, int], *, headless: bool = False, namespace: str = NAMESPACE) -> Doc:
    """Headless ones give each pod a name of its own, before it is ready too: brokers must find each other to become so."""
    spec: Doc = {"selector": {"app.kubernetes.io/name": name}}
    if ports:
        spec["ports"] = [{"name": n, "port": p} for n, p in ports.items()]
    if headless:
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return doc("v1", "Service", name, {"spec": spec}, namespace)


def budget(name: str, unavailable: int = 1, namespace: str = NAMESPACE) -> Doc:
    spec = {"maxUnavailable": unavailable, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}}
    return doc("policy/v1", "PodDisruptionBudget", name, {"spec": spec}, namespace)


def container(
    name: str,
    image: str,
    *,
    cpu: str,
    memory: str,
    command: Sequence[str] = (),
    args: Sequence[str] = (),
    env: Sequence[Doc] = (),
    mounts: Mapping[str, str] | None = None,
    ports: Mapping[str, int] | None = None,
    probes: Doc | None = None,
    limit: str = "",
) -> Doc:
    """`mounts`: volume -> path (`volume:ro` for reading only). Memory is limited, CPU is not: a limit would stop work while cores
    are idle; requests share them out."""
    made: Doc = {"name": name, "image": image}
    if command:
        made["command"] = list(command)
    if args:
        made["args"] = list(args)
    if env:
        made["env"] = list(env)
    if ports:
        made["ports"] = [{"name": n, "containerPort": p} for n, p in ports.items()]
    made["resources"] = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit or memory}}
    made["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    made["volumeMounts"] = [
        {"name": volume.partition(":")[0], "mountPath": path, **({"readOnly": True} if volume.endswith(":ro") else {})}
        for volume, path in {**(mounts or {}), "tmp": "/tmp"}.items()
    ]
    return {**made, **(probes or {})}


def probes(ready: Doc, live: Doc | None, start_s: int) -> Doc:
    """`ready`, `live`: what is asked; `start_s`: how long a start may take before it counts as failed."""
    made: Doc = {"readinessProbe": {**ready, "periodSeconds": 5, "timeoutSeconds": 4, "failureThreshold": 3}}
    if live is not None:
        made["livenessProbe"] = {**live, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6}
        made["startupProbe"] = {**live, "periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": max(1, start_s // 5)}
    return made


def http(path: str, port: int) -> Doc:
    return {"httpGet": {"path": path, "port": port}}


def tcp(port: int) -> Doc:
    return {"tcpSocket": {"port": port}}


def pod(name: str, containers: Sequence[Doc], volumes: Sequence[Doc] = (), *, init: Sequence[Doc] = (), grace_s: int = 40) -> Doc:
    """A pod template. Pods of one name keep to different machines where there are enough."""
    spec: Doc = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace_s,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
            }
        ],
    }
    if init:
        spec["initContainers"] = list(init)
    spec |= {"containers": list(containers), "volumes": [*volumes, {"name": "tmp", "emptyDir": {}}]}
    return {"metadata": {"labels": labels(name)}, "spec": spec}


def stateful(name: str, replicas: int, template: Doc, disks: Mapping[str, str], namespace: str = NAMESPACE) -> Doc:
    """`disks`: volume -> size. Pods start and stop together: none of ours waits for the one before it."""
    claims = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": volume},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
        }
        for volume, size in disks.items()
    ]
    spec = {
        "serviceName": name,
        "replicas": replicas,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        "template": template,
        "volumeClaimTemplates": claims,
    }
    return doc("apps/v1", "StatefulSet", name, {"spec": spec}, namespace)


def deployment(name: str, replicas: int, template: Doc, namespace: str = NAMESPACE) -> Doc:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}, "template": template}
    return doc("apps/v1", "Deployment", name, {"spec": spec}, namespace)


def value(name: str, text: str) -> Doc:
    return {"name": name, "value": text}


def field(name: str, path: str) -> Doc:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def secret(volume: str, name: str, items: Mapping[str, str] | None = None) -> Doc:
    """A Secret's keys as files that only the pod's group can read. `items`: key -> path."""
    source: Doc = {"secretName": name, "defaultMode": 0o440}
    if items:
        source["items"] = [{"key": key, "path": path} for key, path in items.items()]
    return {"name": volume, "secret": source}


def config_volume(volume: str, name: str) -> Doc:
    return {"name": volume, "configMap": {"name": name}}
