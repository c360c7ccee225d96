"""How a peer takes a contract that runs as a service: three small programs that it calls, and the package that it installs."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from ops.fabric.plan import CHAINCODE

# The peer calls detect SOURCE METADATA, build SOURCE METADATA OUTPUT, release OUTPUT RELEASE.
_PROGRAMS = {
    "detect": 'grep -q \'"type" *: *"ccaas"\' "$2/metadata.json"\n',
    "build": 'test -f "$1/connection.json" && cp "$1/connection.json" "$3/"\n',
    "release": 'mkdir -p "$2/chaincode/server" && cp "$1/connection.json" "$2/chaincode/server/"\n',
}


def write_builder(folder: Path) -> None:
    """The external builder that core.yaml names."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name, text in builder_programs().items():
        path = programs / name
        path.write_text(text)
        path.chmod(0o755)


def builder_programs() -> dict[str, str]:
    """The external builder's programs by name."""
    return {name: f"#!/bin/sh\nset -eu\n{body}" for name, body in _PROGRAMS.items()}


def write_package(path: Path, address: str, label: str = CHAINCODE) -> None:
    """An organisation's package, as `package` makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(package(address, label))


def package(address: str, label: str = CHAINCODE) -> bytes:
    """It says only where its service listens. The same address gives the same bytes, so that the package's id stays."""
    connection = json.dumps({"address": address, "dial_timeout": "10s", "tls_required": False}).encode()
    metadata = json.dumps({"type": "ccaas", "label": label}).encode()
    code = _archive({"connection.json": connection})
    return _archive({"metadata.json": metadata, "code.tar.gz": code})


def package_id(data: bytes, label: str = CHAINCODE) -> str:
    """As the peer calculates it."""
    return f"{label}:{hashlib.sha256(data).hexdigest()}"


def _archive(files: dict[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)
