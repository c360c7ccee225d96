"""A real Neo4j for tests: Community 5.26 from Maven artifacts, in a folder of its own, on a free port of 127.0.0.1, one for the
whole test run. Skips, and says why, where there is no Java 17 or no Maven. `NEO4J_TEST_URI` names a running server instead (of
user neo4j, password `only-for-tests`), which is then emptied.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph.port import Graph

VERSION = "5.26.30"
USER, PASSWORD, DATABASE = "neo4j", "only-for-tests", "neo4j"
HEAP = "512m"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "medtrace" / f"neo4j-{VERSION}"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>medtrace</groupId><artifactId>neo4j</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{VERSION}</version></dependency></dependencies>
</project>
"""
_CONF = """server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
dbms.security.allow_csv_import_from_file_urls=false
dbms.security.procedures.allowlist=db.awaitIndexes,dbms.components
dbms.memory.transaction.total.max=256m
server.memory.pagecache.size=128m
server.jvm.additional=
db.tx_log.rotation.retention_policy=100M size
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
"""
_OPENS = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch")]


class ServerMissing(Exception):
    """Neo4j can't be started on this machine; the message says what is missing."""


@dataclass
class Neo4jServer:
    """A server with its home folder. `start` waits until Bolt answers."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def admin(self, *arguments: str) -> list[str]:
        """Neo4j's administration command, as arguments of a process."""
        return ["java", "-cp", f"{_CACHE / 'lib'}/*", "org.neo4j.server.startup.Neo4jAdminCommand", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}

    def start(self) -> None:
        java = ["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", *_OPENS]
        main = ["-cp", f"{_CACHE / 'lib'}/*", "org.neo4j.server.CommunityEntryPoint"]
        where = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        with (self.home / "out.log").open("ab") as out:
            self.process = subprocess.Popen([*java, *main, *where], env=self.environment, stdout=out, stderr=out)
        deadline = time.monotonic() + 120
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ServerMissing(f"Neo4j did not start: {(self.home / 'out.log').read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL, as a power cut of the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None


def _answers(port: int) -> bool:
    """Bolt's handshake: the server chooses one of the offered versions."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.settimeout(5)
        connection.sendall(bytes.fromhex("6060b017000008050000000000000000" + "00000000"))
        return len(connection.recv(4)) == 4
    return False


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise ServerMissing(f"{' '.join(command[:3])} failed: {(done.stdout + done.stderr)[-1000:]}")


def _install() -> None:
    """The server's jars, once a machine. Renamed into place when whole, so that a broken download is done again."""
    lib = _CACHE / "lib"
    if lib.is_dir():
        return
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise ServerMissing(f"no {program} on PATH")
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
        pom = Path(folder) / "pom.xml"
        pom.write_text(_POM)
        _run(["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={folder}/lib"])
        with contextlib.suppress(OSError):  # somebody else was faster
            (Path(folder) / "lib").rename(lib)


@contextlib.contextmanager
def neo4j_server(folder: Path) -> Iterator[Neo4jServer]:
    """A new server in this folder, stopped at the end. ServerMissing where there can be none."""
    if shutil.which("java") is None:
        raise ServerMissing("no java on PATH")
    _install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = Neo4jServer(folder / "neo4j", port)
    (server.home / "conf").mkdir(parents=True)
    (server.home / "conf" / "neo4j.conf").write_text(_CONF.format(port=port))
    _run(server.admin("dbms", "set-initial-password", PASSWORD), server.environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@functools.cache
def _shared() -> Neo4jServer | str:
    given = os.environ.get("NEO4J_TEST_URI")
    if given:
        return Neo4jServer(Path(), int(given.rpartition(":")[2]))
    stack = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medtrace-neo4j-")))
    try:
        server = stack.enter_context(neo4j_server(folder))
    except ServerMissing as missing:
        stack.close()
        return str(missing)
    atexit.register(stack.close)
    return server


def shared_server() -> Neo4jServer:
    """The run's one server, started at the first call; skips the test where there can be none."""
    server = _shared()
    if isinstance(server, str):
        pytest.skip(f"Neo4j can't be started here ({server}): nothing of its adapter is tested")
    return server



_LAST: list[Path] = []


def neo4j_graph(folder: Path) -> Graph:
    """The graph in the run's one server (Community has one database). Another folder than the last time: an empty graph."""
    from graph.neo4j import Neo4jGraph  # here, so that suites without a server need no driver

    graph = Neo4jGraph(shared_server().uri, (USER, PASSWORD), DATABASE)
    if [folder] != _LAST:
        graph.clear()
        _LAST[:] = [folder]
    return graph
