"""The second checker of proofs: one page of plain JavaScript that works from a saved file, without network and without us.

Its parts lie here as they are served, only put together: whoever doubts the page reads five short files. What it checks and how:
`docs/proof.md`. That it agrees with `pedigree.proof.verify_proof`: `tests/web/test_checker.py`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from services.pages import PUBLIC_HEADERS

_HERE = Path(__file__).parent
CORE = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("sm.js", "json.js", "pack.js", "check.js"))
"""What needs no browser: `checkProof(proof bytes, bytes of the published keys)`."""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _build() -> tuple[str, str]:
    """The page and its policy: this script and this style, by their hashes, and nothing else, not even the network."""
    css, words, page = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "words.js", "page.js"))
    script = f"'use strict';\n{CORE}\n{words}\n{page}"
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(css)}; base-uri 'none'; form-action 'none'"
    html = (_HERE / "page.html").read_text(encoding="utf-8")
    for name, value in (("{policy}", policy), ("{css}", css), ("{script}", script)):
        before, _, after = html.partition(name)
        html = before + value + after
    return html, policy


PAGE, _policy = _build()
HEADERS: Mapping[str, str] = {**PUBLIC_HEADERS, "Content-Security-Policy": f"{_policy}; frame-ancestors 'none'"}
