"""Servers as their makers publish them for Java programs: fetched by name with Maven into the user's cache, once a version."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from ops.stack.plan import Server
from pedigree.errors import SettingsError

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>medtrace.stack</groupId><artifactId>{name}</artifactId><version>1</version>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""
_DEPENDENCY = "    <dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def cache() -> Path:
    """$XDG_CACHE_HOME/medtrace, ~/.cache/medtrace if that is not set."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "medtrace"


def java() -> str:
    """The java program. SettingsError when there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None) or shutil.which("java")
    if found is None:
        raise SettingsError("there is no java on this machine: install a Java 17 runtime, or set JAVA_HOME")
    return found


def available(server: Server) -> bool:
    """Whether the server can be started here: its files are in the cache, or could be fetched."""
    has_java = bool(shutil.which("java")) or bool(os.environ.get("JAVA_HOME"))
    return has_java and ((_folder(server) / "lib").is_dir() or bool(shutil.which("mvn")))


def libraries(server: Server) -> Path:
    """The folder with the server's jars, fetched if it is not there. SettingsError when they can't be fetched."""
    folder = _folder(server)
    lib = folder / "lib"
    if lib.is_dir():
        return lib
    maven = shutil.which("mvn")
    if maven is None:
        raise SettingsError(f"{server.name} {server.version} is not in {folder} and there is no mvn to fetch it: install Maven")
    part = folder / f"part-{os.getpid()}"
    part.mkdir(parents=True, exist_ok=True)
    pom = part / "pom.xml"
    dependencies = "\n".join(_DEPENDENCY.format(*one.split(":")) for one in server.artifacts)
    pom.write_text(_POM.format(name=server.name, dependencies=dependencies))
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    made = subprocess.run([*command, f"-DoutputDirectory={part / 'lib'}"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SettingsError(f"mvn could not fetch {', '.join(server.artifacts)}: {(made.stdout + made.stderr).strip()[-800:]}")
    try:
        (part / "lib").rename(lib)
    except OSError:  # another process was faster
        if not lib.is_dir():
            raise
    shutil.rmtree(part, ignore_errors=True)
    return lib


def _folder(server: Server) -> Path:
    """A folder for each set of artifacts: another list is another folder."""
    mark = hashlib.sha256(" ".join(server.artifacts).encode()).hexdigest()[:8]
    return cache() / f"{server.name}-{server.version}-{mark}"
