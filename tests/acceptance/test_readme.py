"""The README's own commands, run as they stand there (only places and the port are moved, so that runs don't meet)."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_one_pack_from_an_empty_folder_to_a_proof_that_was_checked_offline(tmp_path: Path) -> None:
    (script,) = _blocks("sh")
    for name in ("first-data", "first-proof.json", "published.json"):
        assert name in script
        script = script.replace(name, str(tmp_path / name))
    script = script.replace("8123", str(_free_port())) + "kill %1\nwait %1\n"
    process = subprocess.Popen(
        ["bash", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        raise AssertionError(f"the README's commands did not end:\n{said[-3000:]}") from None
    assert "the proof holds" in said, said[-3000:]
    assert "FIRST-1" in said


def test_every_command_and_file_that_the_readme_names_is_there() -> None:
    for command in sorted(set(re.findall(r"\./medtrace ([a-z]+(?: [a-z]+)?)", README))):
        words = command.split()
        groups = {"key", "party", "proof", "registry", "epcis", "stack", "ledger"}
        words = words if words[0] in groups else words[:1]
        done = subprocess.run(["./medtrace", *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr[-500:])
    for target in sorted(set(re.findall(r"\bmake ([a-z-]+)", README)) - {"alone"}):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
