"""The papers' store of a data folder, and its secret: `keys/papers.key`, made when it is first needed."""

from __future__ import annotations

import os
from pathlib import Path

from ops.layout import Layout
from ops.secretfile import read_secret, write_secret
from ops.settings import Settings
from pedigree.errors import SealError, SettingsError
from pedigree.papers import Papers
from pedigree.seal.papers import PaperSecrets, generate_paper_secrets
from storage.papers import FilePapers


def open_papers(settings: Settings) -> Papers:
    """The store of these settings. Its secret is read at each use, so that a new version counts at once everywhere."""
    layout = Layout(settings.data)
    return FilePapers(layout.papers, lambda: paper_secrets(layout))


def paper_secrets(layout: Layout) -> PaperSecrets:
    """All versions. SettingsError when the file is broken, or lost while papers that need it are there."""
    path = secret_file(layout)
    if not path.exists():
        if any(layout.papers.glob("??/??/*")):
            raise SettingsError(f"there is no {path}, and without it the papers in {layout.papers} can't be read: put it back")
        _make(path)
    try:
        return PaperSecrets.from_text(read_secret(path, "papers' secret"))
    except SealError as broken:
        raise SettingsError(f"{path}: {broken}") from broken


def rotate_papers(layout: Layout) -> int:
    """One more version of the secret, for papers from now on; its number. Older papers stay under theirs."""
    rotated = paper_secrets(layout).rotated()
    write_secret(secret_file(layout), rotated.to_text())
    return rotated.latest


def secret_file(layout: Layout) -> Path:
    return layout.keys / "papers.key"


def _make(path: Path) -> None:
    """Of several processes that need it at once one makes it: a link never replaces what is there."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    write_secret(part, generate_paper_secrets().to_text())
    try:
        os.link(part, path)
    except FileExistsError:
        pass  # another one was first: its secret counts
    finally:
        part.unlink()
