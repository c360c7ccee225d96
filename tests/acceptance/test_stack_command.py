"""`medtrace stack`, as a person uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER
from tests.servers import free_port

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]


def medtrace(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MEDTRACE_DATA": str(folder), "MEDTRACE_PORT": str(PORT)}
    command = [sys.executable, "-m", "ops", "stack", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, env=environment)


PORT = free_port()


def test_up_killed_up_again_down_and_reset(tmp_path: Path) -> None:
    if not available(KAFKA_SERVER):
        pytest.skip("Kafka can't be started natively here: neither java with mvn nor a filled cache")
    data = tmp_path / "data"
    try:
        up = medtrace(data, "up", "--without", "fabric", "--without", "neo4j", "--json")
        assert up.returncode == 0, up.stdout + up.stderr
        state = json.loads(up.stdout)
        assert state["phase"] == "ready"
        again = medtrace(data, "up", "--without", "fabric")
        assert again.returncode == 3
        assert "runs already" in again.stderr
        os.kill(state["pid"], signal.SIGKILL)  # its children are orphans now
        time.sleep(0.5)
        assert medtrace(data, "status").returncode == 3
        second = medtrace(data, "up", "--without", "fabric", "--without", "neo4j", "--json")
        assert second.returncode == 0, second.stdout + second.stderr
        assert json.loads(second.stdout)["pid"] != state["pid"]
        status = json.loads(medtrace(data, "status", "--json").stdout)
        assert {one["name"] for one in status["programs"]} >= {"kafka", "custody-1", "serve"}
        assert "Kafka Server started" in medtrace(data, "logs", "kafka", "-n", "200").stdout
    finally:
        down = medtrace(data, "down")
    assert "stopped" in down.stdout
    assert "it was not running" in medtrace(data, "down").stdout
    assert medtrace(data, "reset", "--yes").returncode == 0
    assert not (data / "stack").exists()
    assert (data / "keys" / "gateway.pem").exists()
