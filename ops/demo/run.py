"""The demonstration from start to links: keys, server, world, verdicts. A second start goes on where the first one stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops import logs
from ops.client import Client, UnreachableError
from ops.clock import now_ms
from ops.demo.links import show
from ops.demo.send import send, state_facts
from ops.demo.state import DemoState, Memory, Secrets
from ops.demo.world import World, make_world
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.serve import Running, in_background, serving
from ops.settings import Settings, load
from pedigree.errors import SettingsError

NOTICE = (
    "演示：所有企业、产品和包装均为虚构，密钥都是在本机生成的。",
    "Demonstration: every company, product and pack is invented, and all keys were made on this machine.",
)
_STEPS = ("documents", "observations", "ledger", "graph")
_PATIENCE = 900.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for. None: as at the first start, or the usual."""

    data: Path
    config: Path | None
    seed: int | None
    packs: int | None
    port: int | None
    once: bool


def demo(asked: Asked, console: Console, quiet: bool) -> dict[str, Any]:
    """Run it; returns the manifest with the server's address and the seconds until everything was ready."""
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    settings = _settings(asked)
    memory = Memory(settings.data)
    state = _state(asked, memory)
    for made in KeyFiles(settings).init(now_ms()):
        console.print(f"[dim]made for this demonstration only: {made}[/]")
    logs.configure(settings, "web")
    world = make_world(state.seed, state.packs, state.now)
    secrets = memory.secrets()
    _state_all(settings, world, secrets, memory, state)
    with serving(settings, what="medtrace demo", notices=(NOTICE,)) as running:
        thread = in_background(running)
        try:
            _up(running, thread.is_alive)
            console.print(f"the server is up: {settings.url}   [dim](its log: {settings.log_file})[/]")
            with _bar(console, quiet) as bar:
                _send(world, settings, secrets, state, memory, bar)
                _decide(settings, world, bar)
            world.manifest["url"], world.manifest["seconds"] = settings.url, round(time.monotonic() - begun, 1)
            if not quiet:
                show(world.manifest, settings.url, secrets, console)
            if not asked.once:
                console.print(f"ready after {world.manifest['seconds']} s; it stays up until you press Ctrl+C")
                thread.join()
        except KeyboardInterrupt:
            console.print("stopping; the next `make demo` goes on from here")
        finally:
            running.stop()
            thread.join()
    return world.manifest


def _interrupt(*_: object) -> None:
    """SIGTERM ends the demonstration as Ctrl+C does."""
    raise KeyboardInterrupt


def _settings(asked: Asked) -> Settings:
    data = asked.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    return load(
        asked.config,
        data=data,
        port=asked.port,
        simulation=True,
        origin="demo.medtrace.local",
        signer="demo",
        checkpoint_seconds=2.0,
        public_per_minute=6_000,
        log_file=data / "server.log",
    )


def _state(asked: Asked, memory: Memory) -> DemoState:
    known = memory.state()
    if known is None:
        known = DemoState(seed=7 if asked.seed is None else asked.seed, packs=asked.packs or 20_000, now=now_ms())
        memory.keep(known)
    for name, given, was in (("seed", asked.seed, known.seed), ("packs", asked.packs, known.packs)):
        if given is not None and given != was:
            raise SettingsError(f"this folder holds a demonstration with --{name} {was}: `make clean-demo`, or another --data")
    return known


def _state_all(settings: Settings, world: World, secrets: Secrets, memory: Memory, state: DemoState) -> None:
    with open_facts(settings) as facts:
        state_facts(facts, world, secrets, state.now)
    memory.keep_secrets(secrets)


def _up(running: Running, alive: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not running.ready():
        if not alive() or time.monotonic() > deadline:
            port = running.settings.port
            raise SettingsError(f"the server does not come up: is port {port} taken? Choose another one with --port")
        time.sleep(0.02)


def _bar(console: Console, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, disable=quiet or not console.is_terminal,
    )  # fmt: skip


def _send(world: World, settings: Settings, secrets: Secrets, state: DemoState, memory: Memory, bar: Progress) -> None:
    task = bar.add_task("sending documents", total=len(world.letters), completed=state.sent)
    send(world, settings.url, secrets, state, memory, lambda sent: bar.update(task, completed=sent))


def _decide(settings: Settings, world: World, bar: Progress) -> None:
    """Wait until the writer has nothing left to do and what it did is covered by a checkpoint."""
    task = bar.add_task("deciding, anchoring", total=None)
    deadline = time.monotonic() + _PATIENCE
    most = 1
    with Client(settings.url) as client:
        while True:
            report = client.get("/health").json()
            positions = (report.get("writer") or {}).get("positions") or {}
            left = report["documents_waiting"] + sum(positions.get(step, 1) for step in _STEPS)
            most = max(most, left)
            bar.update(task, total=most, completed=most - left)
            if left == 0 and _anchored(client, world):
                return
            if time.monotonic() > deadline:
                raise UnreachableError(f"verdicts are still missing: {report['reasons'] or positions}")
            time.sleep(0.2)


def _anchored(client: Client, world: World) -> bool:
    """Whether the newest things are covered by a checkpoint: the page of a unit that was in the last documents says so."""
    stories = {one["id"]: one["unit"] for one in world.manifest["stories"]}
    pages = [client.get("/q", code=stories[id], lang="en").json() for id in ("genuine", "held", "clone")]
    return not any(one["code"] == "LEDGER_PENDING" for page in pages for one in page["outcomes"])
