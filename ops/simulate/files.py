"""A world on disk: claims.jsonl(.zst), facts.json, truth.json, world.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import msgspec
import zstandard

from ops.simulate.claim import Claim, decode_claim, encode_claim
from ops.simulate.labels.causes import Cause, Mistake
from ops.simulate.labels.frauds import FraudLabel
from ops.simulate.run import Simulation
from pedigree.errors import DocumentError, Fault

PLAIN, PACKED = "claims.jsonl", "claims.jsonl.zst"


class Truth(msgspec.Struct, frozen=True):
    """truth.json. `refused`: documents that no gateway can take in: their claim id, fault, the id of the corrected one or ''."""

    seed: int
    packs: int
    days: int
    start: int
    end: int
    norms: dict[str, Any]
    mistakes: list[Mistake]
    causes: list[Cause]
    refused: list[dict[str, Any]]
    frauds: list[FraudLabel]
    summary: dict[str, Any]


def write(
    out: Path,
    seed: int,
    packs: int,
    days: int,
    fraud: float | None = None,
    *,
    packed: bool = True,
    progress: Callable[[float, int], None] = lambda share, claims: None,
) -> dict[str, Any]:
    """Simulate into the folder. `progress`: share of the time that has passed, claims so far. Returns the summary."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (PLAIN, PACKED):
        (out / name).unlink(missing_ok=True)
    with (out / "truth.json").open("wb") as truth, _claims_file(out, packed) as stream:
        writer = _TruthWriter(truth)
        world = Simulation(seed, packs, days, fraud, writer.mistake)
        norms = world.norms
        shared = {"seed": seed, "packs": packs, "days": days, "start": norms.start, "end": norms.end}
        _dump(out / "facts.json", world.facts)
        writer.begin({**shared, "norms": asdict(norms)})
        count = 0
        for count, claim in enumerate(world.claims(), 1):
            stream.write(encode_claim(claim))
            if count % 200 == 0:
                progress((world.now - norms.start) / (norms.end - norms.start), count)
        summary = {**world.summary, "claims": count}
        rest = {"causes": world.causes, "refused": world.refused, "frauds": world.frauds, "summary": summary}
        writer.end(msgspec.to_builtins(rest))
        _dump(out / "world.json", {**shared, "claims": count, "gateway_public_key": world.gateway.public.point.hex()})
        progress(1.0, count)
    return summary


def _claims_file(out: Path, packed: bool) -> AbstractContextManager[IO[bytes]]:
    if packed:
        return zstandard.ZstdCompressor(level=6).stream_writer((out / PACKED).open("wb"))
    return (out / PLAIN).open("wb")


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


class _TruthWriter:
    """One JSON object, its longest list written as it grows."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._some = False

    def begin(self, head: dict[str, Any]) -> None:
        self._file.write(msgspec.json.encode(head)[:-1] + b',\n"mistakes":[')

    def mistake(self, mistake: Mistake) -> None:
        self._file.write((b",\n" if self._some else b"\n") + msgspec.json.encode(mistake))
        self._some = True

    def end(self, rest: dict[str, Any]) -> None:
        self._file.write(b"],\n" + msgspec.json.encode(rest)[1:] + b"\n")


class World:
    """A simulated world that was written before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: list[dict[str, Any]] = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        self.world: dict[str, Any] = json.loads((folder / "world.json").read_text(encoding="utf-8"))

    def claims(self) -> Iterator[Claim]:
        """In the order of arrival. Raises DocumentError for a damaged or shortened file."""
        count = 0
        for line in self._lines():
            yield decode_claim(line)
            count += 1
        if count != self.world["claims"]:
            raise DocumentError("the claims are cut short", (Fault("", str(count), str(self.world["claims"])),))

    def _lines(self) -> Iterator[bytes]:
        packed = self.folder / PACKED
        if not packed.exists():
            with (self.folder / PLAIN).open("rb") as plain:
                yield from plain
            return
        try:
            with packed.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
                rest = b""
                while chunk := stream.read(1 << 18):
                    *lines, rest = (rest + chunk).split(b"\n")
                    yield from lines
        except zstandard.ZstdError as broken:
            raise DocumentError("not a file of claims", (Fault("", str(broken)[:100], PACKED),)) from broken

    def truth(self) -> Truth:
        """What the line that is judged must not see."""
        return msgspec.json.decode((self.folder / "truth.json").read_bytes(), type=Truth)


def read(folder: Path) -> World:
    """A folder that `write` made."""
    return World(folder)
