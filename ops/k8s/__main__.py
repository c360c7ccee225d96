"""`python -m ops.k8s FOLDER`: write the manifests, a kustomization for the line and one for each organisation of the channel."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ops.fabric.plan import MEMBERS
from ops.k8s import fabric, line, policies, servers
from ops.k8s.parts import Doc

HEAD = "# Made by `python -m ops.k8s` from ops/stack/plan.py and ops/k8s; a test holds both together.\n"
FOLDER = Path(__file__).parent / "manifests"


def manifests() -> dict[str, list[Doc]]:
    """Path below the folder -> documents. Kustomizations are of no namespace's resources and stand beside what they list."""
    files = {f"line/{name}.yaml": docs for name, docs in line.line().items()}
    files |= {"line/kafka.yaml": servers.kafka(), "line/neo4j.yaml": servers.neo4j(), "line/policies.yaml": policies.line()}
    for member, docs in fabric.organisations().items():
        files[f"fabric/{member}/organisation.yaml"] = docs
        files[f"fabric/{member}/policies.yaml"] = policies.organisation(member, orders=member == MEMBERS[-1])
    folders: dict[str, list[str]] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    for folder, names in folders.items():
        kustomization: Doc = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names}
        files[f"{folder}/kustomization.yaml"] = [kustomization]
    return files


def rendered() -> dict[str, str]:
    """Path -> text."""
    import yaml  # only who changes the plan needs it

    return {path: HEAD + yaml.safe_dump_all(docs, sort_keys=False, width=120) for path, docs in manifests().items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.k8s", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    folder: Path = parser.parse_args(arguments).folder
    for name, text in rendered().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(rendered())} files in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
