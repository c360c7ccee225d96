"""The line's own processes, as programs: workers and the web server, each with the settings of one file."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from ops.settings import CONFIG, Settings
from ops.stack.program import Program

ROOT = Path(__file__).resolve().parents[2]


def worker(settings: Settings, config: Path, role: str, name: str, logs: Path) -> Program:
    """A worker `name` of a role; ready when its group has given it partitions and it has opened them."""
    file = settings.data / "workers" / f"{role}-{name}.json"
    return Program(
        f"{role}-{name}",
        [sys.executable, "-m", "ops", "worker", role, "--name", name, "--config", str(config)],
        logs / f"{role}-{name}.log",
        environment=_environment(),
        ready=lambda: _says_ready(file),
        ready_s=120,
        grace_s=30,
    )


def server(settings: Settings, config: Path, logs: Path) -> Program:
    """The pages and capture."""
    return Program(
        "serve",
        [sys.executable, "-m", "ops", "serve", "--config", str(config)],
        logs / "serve.log",
        environment=_environment(),
        ready=lambda: _answers(f"{settings.url}/health/live"),
        ready_s=120,
        grace_s=30,
        about=settings.url,
    )


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), CONFIG: ""}


def _says_ready(file: Path) -> bool:
    try:
        port = int(json.loads(file.read_text())["port"])
    except (OSError, ValueError, KeyError):
        return False
    return _answers(f"http://127.0.0.1:{port}/health/ready")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
