"""Which rules this copy of the contract runs: a digest of the code that decides, so that organisations can compare theirs.

Peers whose rules differ give different answers, and nothing gets endorsed; this says whose do.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pedigree.seal import sm3

_ROOT = Path(__file__).parents[1]
_DECIDING = ("chaincode/*.py", "pedigree/*.py", "pedigree/custody/*.py", "pedigree/merkle/*.py", "pedigree/proof/*.py")


@cache
def rules_digest() -> str:
    """16 hex digits, taken when first asked: a running service says what it was started with."""
    parts: list[bytes] = []
    for pattern in _DECIDING:
        for path in sorted(_ROOT.glob(pattern)):
            parts += [path.relative_to(_ROOT).as_posix().encode(), sm3(path.read_bytes())]
    return sm3(b"\0".join(parts)).hex()[:16]
