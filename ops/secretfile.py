"""Files with secrets: made with mode 600, refused with any other, replaced whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pedigree.errors import SettingsError


def read_secret(path: Path, what: str) -> str:
    """The file's text. SettingsError when it is missing, or when others than its owner may read or write it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as missing:
        raise SettingsError(f"{what}: there is no file {path}; `medtrace key init` makes it") from missing
    except OSError as error:
        raise SettingsError(f"{what}: {path} can't be read: {error.strerror}") from error
    with os.fdopen(file, encoding="utf-8") as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        if mode & 0o077:
            raise SettingsError(f"{what}: {path} has mode {mode:o}, so that others can use it: chmod 600 {path}")
        try:
            return opened.read()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{what}: {path} is no text file that can be read") from error


def write_secret(path: Path, text: str) -> None:
    """Write or replace a secret. It is never readable by others, not even for a moment."""
    _replace(path, text.encode(), 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Write or replace a file that everybody may read."""
    _replace(path, data, 0o644)


def _replace(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(path)
