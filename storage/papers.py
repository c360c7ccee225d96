"""Papers in files: `<first two digits>/<next two>/<SM3 of the paper>`, each sealed with SM4-GCM in chunks.

A file is a header and chunks, nothing after them. Header, 36 bytes: `MTPAPER1`, version of the secret (4, big-endian), salt (16),
size of the paper (8, big-endian). A chunk: nonce (12), up to 65,536 bytes sealed, tag (16); all but the last are full, an empty
paper has one empty chunk. Associated data of a chunk: SM3 of the header, its index (4, big-endian), 1 for the last, else 0.
"""

from __future__ import annotations

import errno
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pedigree.errors import LogFullError, SealError, StoreError
from pedigree.papers import Stored, is_name
from pedigree.seal.digest import sm3
from pedigree.seal.papers import SALT_SIZE, PaperSecrets
from pedigree.seal.sm4 import decrypt, encrypt

CHUNK = 65_536  # bytes
_HEADER = struct.Struct(">8sI16sQ")
_MAGIC = b"MTPAPER1"
_EXTRA = 12 + 16  # bytes of a chunk's nonce and tag


class FilePapers:
    """The port `pedigree.papers.Papers` over a folder. A paper is held in memory whole: its size is bounded where it comes in."""

    def __init__(self, folder: Path, keys: Callable[[], PaperSecrets]) -> None:
        """`keys` is asked each time: another process may have added a version meanwhile."""
        self._folder = folder
        self._keys = keys

    def put(self, paper: bytes) -> tuple[str, bool]:
        name = sm3(paper).hex()
        try:
            if self.open(name) is not None:
                return name, False
        except StoreError:
            pass  # damaged, or its secret is lost: these bytes are what belongs there
        with _errors(name):
            self._write(self._path(name), b"".join(_sealed(self._keys(), paper)))
        return name, True

    def open(self, name: str) -> bytes | None:
        raw = self._read(name)
        if raw is None:
            return None
        try:
            paper = b"".join(_opened(self._keys(), raw))
        except SealError as broken:
            raise StoreError(f"paper {name}: {broken}") from broken
        if sm3(paper).hex() != name:
            raise StoreError(f"paper {name}: what lies there is another paper")
        return paper

    def about(self, name: str) -> Stored | None:
        raw = self._read(name, _HEADER.size)
        if raw is None:
            return None
        try:
            _, version, _, size = _header(raw)
        except SealError as broken:
            raise StoreError(f"paper {name}: {broken}") from broken
        return Stored(size, version)

    def list(self) -> Iterator[str]:
        for path in sorted(self._folder.glob("??/??/*")):
            if is_name(path.name) and path == self._path(path.name):
                yield path.name

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:4] / name

    def _read(self, name: str, size: int = -1) -> bytes | None:
        if not is_name(name):
            return None
        with _errors(name):
            try:
                with self._path(name).open("rb") as file:
                    return file.read(size)
            except FileNotFoundError:
                return None

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent, self._folder, self._folder.parent):  # each may be new
            _sync(folder)


def _sealed(keys: PaperSecrets, paper: bytes) -> Iterator[bytes]:
    salt = secrets.token_bytes(SALT_SIZE)
    header = _HEADER.pack(_MAGIC, keys.latest, salt, len(paper))
    key, digest, count = keys.key(keys.latest, salt), sm3(header), _chunks(len(paper))
    yield header
    for index in range(count):
        yield encrypt(key, paper[index * CHUNK : (index + 1) * CHUNK], _bound(digest, index, count))


def _opened(keys: PaperSecrets, raw: bytes) -> Iterator[bytes]:
    """Chunks as they open: only for who takes all of them. Raises SealError."""
    header = raw[: _HEADER.size]
    _, version, salt, size = _header(header)
    count = _chunks(size)
    if len(raw) != _HEADER.size + size + count * _EXTRA:
        raise SealError(f"{len(raw)} bytes can't hold a paper of {size}")
    key, digest, step = keys.key(version, salt), sm3(header), CHUNK + _EXTRA
    for index in range(count):
        start = _HEADER.size + index * step
        yield decrypt(key, raw[start : start + step], _bound(digest, index, count))


def _header(raw: bytes) -> tuple[bytes, int, bytes, int]:
    if len(raw) != _HEADER.size or not raw.startswith(_MAGIC):
        raise SealError("this is no sealed paper")
    magic, version, salt, size = _HEADER.unpack(raw)
    return magic, version, salt, size


def _chunks(size: int) -> int:
    return max(1, -(-size // CHUNK))


def _bound(digest: bytes, index: int, count: int) -> bytes:
    return digest + struct.pack(">IB", index, index == count - 1)


@contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise LogFullError(f"paper {name}: no room ({error.strerror})") from error
        raise StoreError(f"paper {name}: {error.strerror}") from error


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
