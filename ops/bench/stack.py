"""What an observation costs on the real stack: CPU of each process and bytes in each store, after a first load that warms up.

Started by `medtrace stack up` in a folder of its own, with Fabric where its programs are found; loaded over HTTP with the
documents of `ops.bench.line`, fifty units an event, twenty events a document. What the machine does besides changes no CPU time
and no byte. `--json` writes rates as `python -m ops.plan` takes them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

import httpx

from ops.bench.line import DEALER, EPCS, MAKER, documents
from ops.clock import now_ms
from ops.facts import open_facts
from ops.settings import Settings, load
from ops.stack.state import Folder
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from services.auth import new_key

_TICKS = os.sysconf("SC_CLK_TCK")
_ROLES = ("splitter", "custody", "ledger", "projector")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.stack", description=__doc__)
    parser.add_argument("--observations", type=int, default=30_000)
    parser.add_argument("--without", action="append", default=[], choices=("fabric", "neo4j"))
    parser.add_argument("--json", type=Path, help="where to write the rates")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="medtrace-bench-") as name:
        data = Path(name) / "data"
        _medtrace("stack", "up", "--data", str(data), *(f"--without={one}" for one in given.without))
        try:
            measured = _measure(Folder(Settings(data=data)), given.observations)
        finally:
            _medtrace("stack", "down", "--data", str(data))
        graph = data.absolute() / "stack" / "neo4j" / "data" / "databases" / "neo4j"
        if graph.exists():  # Neo4j writes its pages when it stops
            measured["bytes"]["neo4j"] = _size(graph) / measured.pop("all")["observations"]
    measured.pop("all", None)
    for part, values in measured.items():
        for what, value in sorted(values.items()):
            print(f"{part:6} {what:32} {value:10,.1f} {'us' if part == 'cpu' else 'bytes'} an observation")
    if given.json is not None:
        given.json.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return 0


def _medtrace(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ops", *arguments], check=True)


def _measure(folder: Folder, observations: int) -> dict[str, dict[str, float]]:
    settings = load(folder.config)
    headers: dict[str, dict[str, str]] = {}
    with open_facts(settings) as facts:
        for party, role, prefix in ((MAKER, "maker", "690123400"), (DEALER, "distributor", "690987600")):
            value = {"name": role, "role": role, "prefixes": [prefix], "sites": [{"gln": party}]}
            text, key = new_key(party, ("capture",), now_ms())
            facts.state(Fact("party", party, value, now_ms(), OPERATOR), key)
            headers[party] = {"Authorization": f"Bearer {text}", "Content-Type": "application/ld+json"}
    packs = max(EPCS, observations // 3 // EPCS * EPCS)
    warm = max(EPCS, packs // 5 // EPCS * EPCS)
    _load(settings, headers, warm, 0)
    cpu, disk, begun = _cpu(folder), _disk(folder, settings), time.perf_counter()
    _load(settings, headers, packs, warm)
    took, count = time.perf_counter() - begun, packs * 3
    print(f"{count:,} observations in {took:.1f} s, {count / took:,.0f}/s, from the request to the graph")
    after, grown = _cpu(folder), _disk(folder, settings)
    return {
        "cpu": {name: (value - cpu.get(name, 0.0)) * 1e6 / count for name, value in after.items()},
        "bytes": {name: (value - disk.get(name, 0)) / count for name, value in grown.items()},
        "all": {"observations": count + warm * 3},
    }


def _load(settings: Settings, headers: dict[str, dict[str, str]], packs: int, start: int) -> None:
    """Send and wait until nothing waits any more."""
    with httpx.Client(timeout=120) as client:
        for party, body in documents(packs, start):
            answer = client.post(f"{settings.url}/capture", content=body, headers=headers[party])
            if answer.status_code != 202:
                raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")
    calm = 0
    while calm < 4:
        time.sleep(1.0)
        calm = 0 if any(_behind(settings, role) for role in _ROLES) else calm + 1


def _behind(settings: Settings, role: str) -> float:
    port = json.loads((settings.data / "workers" / f"{role}-1.json").read_text())["port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("medtrace_behind_records{"))


def _cpu(folder: Folder) -> dict[str, float]:
    """Seconds by kind of process: all peers are one kind, all contracts, all witnesses."""
    pids = [(one.name.rpartition("-")[0] or one.name, one.pid) for one in folder.read().programs]
    if (folder.root / "fabric" / "network.json").exists():
        from ops.fabric.network import Network

        pids += [(one.name.partition("-")[0], one.pid or 0) for one in Network(folder.root / "fabric").status()]
    spent: dict[str, float] = defaultdict(float)
    for name, pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent[name] += (int(fields[11]) + int(fields[12])) / _TICKS
    return spent


def _disk(folder: Folder, settings: Settings) -> dict[str, int]:
    """Bytes on the disk by store. Of Fabric: one peer with its blocks and state, one orderer, one index."""
    found: dict[str, int] = defaultdict(int)
    for path in (folder.root / "kafka" / "data").glob("*-[0-9]*"):
        if not path.name.startswith("__"):
            found[f"log {path.name.rpartition('-')[0]}"] += _size(path)
    for name in ("custody", "capture", "ledger", "graph", "fabric"):
        size = sum(_size(path) for path in settings.data.glob(f"{name}.sqlite*"))
        if size:
            found["fabric index" if name == "fabric" else name] = size
    nodes = folder.root / "fabric" / "nodes"
    for kind, member in (("peer", "maker"), ("orderer", "regulator")):
        if (nodes / f"{kind}-{member}").exists():
            found[f"fabric {kind}"] = _size(nodes / f"{kind}-{member}")
    return found


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_blocks * 512 for one in files)


if __name__ == "__main__":
    sys.exit(main())
