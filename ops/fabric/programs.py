"""Finds Hyperledger's programs: on PATH, in $FABRIC_BIN, or in the user's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pedigree.errors import LedgerError, SettingsError

VERSION = "3.1.5"
NAMES = ("peer", "orderer", "cryptogen", "configtxgen", "osnadmin")
CACHE = Path("~/.cache/medtrace/fabric/bin")


class MissingProgramsError(SettingsError):
    """Hyperledger's programs are not on this machine, or of another version."""


def find_programs() -> dict[str, Path]:
    """Path of each program. MissingProgramsError says where they were looked for and what to do."""
    places = [os.environ.get("FABRIC_BIN", ""), str(CACHE.expanduser()), os.environ.get("PATH", "")]
    found = {name: shutil.which(name, path=os.pathsep.join(place for place in places if place)) for name in NAMES}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise MissingProgramsError(
            f"Fabric's programs {', '.join(missing)} are missing: get the release {VERSION} of Hyperledger Fabric and put its "
            f"bin folder on PATH, or set FABRIC_BIN to it, or copy the programs to {CACHE}"
        )
    return {name: Path(path).absolute() for name, path in found.items() if path is not None}


def check_version(programs: Mapping[str, Path]) -> None:
    """MissingProgramsError when the peer is of another release line: batch messages and BFT came with 3.1."""
    said = run([programs["peer"], "version"], {})
    version = re.search(r"Version: v?(\d+\.\d+)", said)
    if version is None or version[1] != VERSION.rpartition(".")[0]:
        raise MissingProgramsError(f"{programs['peer']} is Fabric {version[1] if version else '?'}; Medtrace needs {VERSION}")


def run(command: list[str | Path], environment: Mapping[str, str], timeout: float = 90) -> str:
    """Standard output and error of a program. LedgerError with its last words when it fails."""
    name = f"{Path(command[0]).name} {' '.join(str(part) for part in command[1:4])}"
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise LedgerError(f"{name}: no end after {timeout:.0f} s") from late
    output = done.stdout + done.stderr
    if done.returncode:
        raise LedgerError(f"{name}: {_last_words(output)}")
    return output


def _last_words(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith(("Usage", "  ", "Flags", "Global"))]
    errors = [line for line in lines if line.startswith("Error")]
    return " | ".join((errors or lines)[-3:])
