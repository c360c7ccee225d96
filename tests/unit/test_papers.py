"""The papers' store: what goes in comes out, and whatever is changed on the disk is refused before a byte is given out."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedigree.errors import LogFullError, SealError, StoreError
from pedigree.papers import URN, Papers, Stored, named
from pedigree.seal import sm3
from pedigree.seal.papers import PaperSecrets, generate_paper_secrets
from storage.papers import CHUNK, FilePapers

KEYS = generate_paper_secrets()
PAPER = bytes(range(256)) * 600  # two full chunks and a rest
HEADER, BOX = 36, CHUNK + 28


def store(folder: Path, keys: PaperSecrets = KEYS) -> Papers:
    return FilePapers(folder / "papers", lambda: keys)


def file_of(folder: Path, name: str) -> Path:
    return folder / "papers" / name[:2] / name[2:4] / name


@given(st.integers(0, 3), st.integers(-2, 2), st.binary(min_size=1, max_size=40))
def test_a_paper_comes_back_whatever_its_size(chunks: int, more: int, pattern: bytes) -> None:
    size = max(0, chunks * CHUNK + more)
    paper = (pattern * (size // len(pattern) + 1))[:size]
    with TemporaryDirectory() as folder:
        papers = store(Path(folder))
        name, new = papers.put(paper)
        assert (name, new) == (sm3(paper).hex(), True)
        assert papers.put(paper) == (name, False)
        assert papers.open(name) == paper
        assert papers.about(name) == Stored(size, 1)
        assert list(papers.list()) == [name]
        assert len(pattern) < 16 or size < 16 or pattern[:16] not in file_of(Path(folder), name).read_bytes()


def _swapped(raw: bytes) -> bytes:
    first, second = raw[HEADER : HEADER + BOX], raw[HEADER + BOX : HEADER + 2 * BOX]
    return raw[:HEADER] + second + first + raw[HEADER + 2 * BOX :]


def _shortened(raw: bytes) -> bytes:
    """One chunk less, and a size in the header that fits."""
    return raw[:28] + (2 * CHUNK).to_bytes(8, "big") + raw[HEADER : HEADER + 2 * BOX]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"",
        lambda raw: raw[:20],
        lambda raw: raw[:HEADER],
        lambda raw: raw[:-1],
        lambda raw: raw[: HEADER + 2 * BOX],
        lambda raw: raw + b"\0",
        lambda raw: raw + raw[-40:],
        _swapped,
        _shortened,
    ],
)
def test_a_file_that_was_cut_added_to_or_reordered_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    papers = store(tmp_path)
    name, _ = papers.put(PAPER)
    file = file_of(tmp_path, name)
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(StoreError):
        papers.open(name)
    assert papers.put(PAPER) == (name, True)  # given once more, it is whole again
    assert papers.open(name) == PAPER


@given(st.data())
def test_no_bit_can_be_flipped(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        papers = store(Path(folder))
        name, _ = papers.put(b"batch 7 passed" * 10)
        file = file_of(Path(folder), name)
        raw = bytearray(file.read_bytes())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        file.write_bytes(raw)
        with pytest.raises(StoreError):
            papers.open(name)


def test_chunks_and_files_of_another_paper_are_refused(tmp_path: Path) -> None:
    papers = store(tmp_path)
    name, _ = papers.put(PAPER)
    other, _ = papers.put(PAPER[::-1])
    mine, theirs = file_of(tmp_path, name), file_of(tmp_path, other)
    raw = mine.read_bytes()
    mine.write_bytes(raw[:HEADER] + theirs.read_bytes()[HEADER : HEADER + BOX] + raw[HEADER + BOX :])
    with pytest.raises(StoreError):
        papers.open(name)
    mine.write_bytes(theirs.read_bytes())  # sealed well, but not what the name says
    with pytest.raises(StoreError, match="another paper"):
        papers.open(name)


def test_secrets_rotate_and_a_wrong_one_opens_nothing(tmp_path: Path) -> None:
    old, _ = store(tmp_path).put(b"under the first")
    rotated = KEYS.rotated()
    papers = store(tmp_path, PaperSecrets.from_text(rotated.to_text()))
    new, _ = papers.put(b"under the second")
    assert [papers.about(name) for name in (old, new)] == [Stored(15, 1), Stored(16, 2)]
    assert papers.open(old) == b"under the first"
    assert papers.open(new) == b"under the second"
    with pytest.raises(StoreError, match="version 2"):
        store(tmp_path).open(new)
    with pytest.raises(StoreError):
        store(tmp_path, generate_paper_secrets()).open(old)


def test_secrets_are_read_strictly_and_not_shown() -> None:
    text = KEYS.rotated().to_text()
    first, second = text.split()
    for wrong in ("", second, first + "\n" + first, first[:-2], first.upper(), first + "zz", "x" + first):
        with pytest.raises(SealError) as refused:
            PaperSecrets.from_text(wrong)
        assert first[-64:] not in str(refused.value)
    assert first[-64:] not in repr(KEYS)


def test_names_that_are_none_name_nothing(tmp_path: Path) -> None:
    papers = store(tmp_path)
    name, _ = papers.put(b"x")
    for wrong in ("", "..", "../../keys/papers.key", name.upper(), name + "0", name[:-1], name + "\n"):
        assert papers.open(wrong) is None
        assert papers.about(wrong) is None
        assert named(URN + wrong) == ""
    assert papers.open("0" * 64) is None
    assert named(URN + name) == name
    assert named(name) == ""


def test_a_writer_that_is_killed_leaves_nothing_that_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, "fsync", lambda file: os.kill(os.getpid(), signal.SIGKILL))  # written, not yet in its place
        store(tmp_path).put(PAPER)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    papers = store(tmp_path)
    assert list(papers.list()) == []
    assert papers.open(sm3(PAPER).hex()) is None
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".part"]
    assert papers.put(PAPER)[1]
    assert papers.open(sm3(PAPER).hex()) == PAPER


def test_a_full_disk_is_said_and_leaves_no_rest(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        try:
            store(tmp_path).put(PAPER)
        except LogFullError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
