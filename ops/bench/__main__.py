"""`make bench`: every benchmark of this folder, one after the other, each in a process of its own. Names as arguments choose."""

from __future__ import annotations

import argparse
import pkgutil
import subprocess
import sys
from pathlib import Path


def main(chosen: list[str] | None = None) -> int:
    """Run them; the number of those that failed."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="of the modules here; all of them if none is given")
    chosen = parser.parse_args(chosen).names
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"]
    unknown = set(chosen) - set(names)
    if unknown:
        print(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    failed = 0
    for name in chosen or names:
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"ops.bench.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
