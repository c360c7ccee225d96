"""The keeper's own process: starts the servers and the line, keeps them up, writes down how they are, ends them when told.

Started by `medtrace stack up` with the folder's configuration as its only argument.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ops.clock import now_ms
from ops.keys import KeyFiles
from ops.secretfile import read_secret, write_secret
from ops.settings import Settings, load
from ops.stack import line, native
from ops.stack.keeper import Keeper, StartError
from ops.stack.plan import WORKERS
from ops.stack.program import Program, answers, free_port
from ops.stack.state import Folder, Running, State, end_orphans
from pedigree.errors import MedtraceError

if TYPE_CHECKING:
    from ops.fabric.network import Network

_LOOK_S = 1.0
_WRITER = "maker"
"""Whose connection the line uses where the whole network is on one machine."""


def main() -> int:
    """Until SIGTERM; 0 when it was, 1 when the start failed."""
    base = load(Path(sys.argv[1]) if sys.argv[1] else None, data=Path(sys.argv[2]))
    folder = Folder(base)
    state = folder.read()
    end_orphans(folder, state)
    state.programs = []
    state.pid, state.phase, state.said, state.without = os.getpid(), "starting", [], sys.argv[3].split(",")
    folder.write(state)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    keeper: Keeper | None = None

    def said(words: str) -> None:
        print(words, flush=True)
        state.said = [*state.said[-50:], words]
        if keeper is not None and state.phase == "starting":  # whoever ends an orphan must know its process
            state.programs = [Running(one.name, str(one.log), one.about, one.pid) for one in keeper.programs]
        folder.write(state)

    network: Network | None = None
    try:
        network = _network(base, folder, state, said)
        stages = _stages(base, folder, state, network)
        keeper = Keeper(stages, said)
        keeper.start()
        state.phase = "ready"
    except (MedtraceError, OSError) as error:
        said(str(error))
        state.phase = "failed"
    while not stop.is_set() and state.phase == "ready" and keeper is not None:
        if network is not None:
            for name in network.revive():
                said(f"{name} died; it is started again")
        _look(keeper, network, state)
        folder.write(state)
        stop.wait(_LOOK_S)
    if keeper is not None:
        keeper.stop()
    if network is not None:
        network.stop()
    failed = state.phase == "failed"
    state.pid, state.programs = 0, []
    state.phase = "failed" if failed else "stopped"
    folder.write(state)
    return int(failed)


def _network(base: Settings, folder: Folder, state: State, said: Callable[[str], None]) -> Network | None:
    """A Fabric network of four organisations, made at the first start; None where it is left out or its programs are not here."""
    if "fabric" in state.without:
        return None
    try:
        from ops.fabric.network import Network
        from ops.fabric.plan import make_plan
        from ops.fabric.programs import MissingProgramsError
    except ImportError as missing:
        said(f"NO FABRIC: the ledger is the embedded one, since the package {missing.name} is not installed")
        return None
    network = Network(folder.root / "fabric")
    try:
        network.make(make_plan("raft", origin=base.origin, interval_ms=int(base.checkpoint_seconds * 1000)))
    except MissingProgramsError as missing_programs:
        said(f"NO FABRIC: the ledger is the embedded one. {missing_programs}")
        return None
    network.start(said)
    said("fabric is ready: four organisations have committed a transaction")
    return network


def _stages(base: Settings, folder: Folder, state: State, network: Network | None) -> list[list[Program]]:
    """Servers first, each in its folder, then the workers, then the pages."""
    for name, wanted in (("clients", 0), ("controller", 0), ("bolt", 0), ("web", base.port)):
        kept = state.ports.get(name, 0) or wanted
        state.ports[name] = kept if kept and not answers(kept) else free_port()
    servers = [native.kafka(folder.root / "kafka", state.ports["clients"], state.ports["controller"])]
    graph = "sqlite"
    if "neo4j" not in state.without:
        graph = "neo4j"
        if not folder.password.exists():
            write_secret(folder.password, secrets.token_hex(24) + "\n")
        password = read_secret(folder.password, "neo4j password").strip()
        servers.append(native.neo4j(folder.root / "neo4j", state.ports["bolt"], password))
    settings = _configure(base, folder, state, graph, network)
    keys = KeyFiles(settings)
    keys.init(now_ms())
    if network is not None:
        from ops.fabric.witnesses import THRESHOLD, ring_keys

        keys.publish_witnesses(ring_keys(network.folder), THRESHOLD)
    else:
        keys.publish_witnesses([], 1)
    state.url = settings.url
    workers = [line.worker(settings, folder.config, role, "1", folder.logs) for role in WORKERS]
    return [servers, workers, [line.server(settings, folder.config, folder.logs)]]


def _configure(base: Settings, folder: Folder, state: State, graph: str, network: Network | None) -> Settings:
    """Write the configuration that all processes of the line share; the user's own settings are in it."""
    own = base.model_dump(mode="json", exclude_unset=True)
    own |= {
        "backend": "stack",
        "data": str(base.data.absolute()),
        "ledger": "embedded",
        "graph": graph,
        "kafka_bootstrap": f"127.0.0.1:{state.ports['clients']}",
        "neo4j_uri": f"bolt://127.0.0.1:{state.ports['bolt']}",
        "port": state.ports["web"],
    }
    if network is not None:
        own |= {"ledger": "fabric", "fabric_profile": str(network.folder.profile(_WRITER))}
    if graph == "neo4j":
        own["neo4j_password_file"] = str(folder.password)
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.config.write_text("".join(f"{name} = {_toml(value)}\n" for name, value in own.items() if value is not None))
    return load(folder.config)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if any(character in text for character in "\"\\\n"):
        raise StartError(f"a setting has a character that the stack's configuration can't carry: {text[:40]!r}")
    return f'"{text}"'


def _look(keeper: Keeper, network: Network | None, state: State) -> None:
    nodes = network.status() if network is not None else []
    state.programs = [
        Running(one.name, str(one.log), one.about, one.pid, bool(one.pid) and one.ready(), keeper.restarts.get(one.name, 0))
        for one in keeper.programs
    ] + [
        Running(
            node.name,
            str(network.folder.logs / f"{node.name}.log") if network is not None else "",
            f"127.0.0.1:{node.port}" if node.port else "",
            node.pid or 0,
            node.pid is not None and (not node.port or answers(node.port)),
        )
        for node in nodes
    ]


if __name__ == "__main__":
    sys.exit(main())
