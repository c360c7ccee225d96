"""What every public page shares: which language and form is asked for, security headers, the template environment.

Public pages set no cookie, load nothing from elsewhere and run no script. Names, places and moments: `services.console.names`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.console.names import Lang

PUBLIC_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def page_headers(css: str, *, images: str = "'none'") -> dict[str, str]:
    """Headers of a page whose only style is the inline `css`. `images`: where the policy lets images come from."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src {images}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return {**PUBLIC_HEADERS, "Content-Security-Policy": policy}


def environment(folder: Path, css: str) -> Environment:
    """Compiled once, kept for good; every value is escaped, a name that is not given is an error."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["css"] = Markup(css)
    return made


def language(request: Request) -> Lang:
    """`?lang=`, else what the browser likes best of the two (RFC 9110 section 12.5.4); English for who reads neither, Chinese
    where nothing is said."""
    asked = request.query_params.get("lang", "")
    if asked in ("zh", "en"):
        return "zh" if asked == "zh" else "en"
    wanted = {name[:2]: weight for name, weight in reversed(weighted(request.headers.get("accept-language", "")))}
    if wanted and not wanted.keys() & {"zh", "en", "*"}:
        return "en"
    return "en" if wanted.get("en", 0.0) > wanted.get("zh", 0.0) else "zh"


def prefers_json(request: Request) -> bool:
    """`?format=json`, or an Accept header that names JSON at least as high as HTML; a page otherwise."""
    asked = request.query_params.get("format", "")
    if asked in ("json", "html"):
        return asked == "json"
    accepted = dict(weighted(request.headers.get("accept", "")))
    as_json = max((weight for name, weight in accepted.items() if name.endswith(("/json", "+json"))), default=0.0)
    return as_json > 0 and as_json >= accepted.get("text/html", 0.0)


def with_query(request: Request, **changes: str) -> str:
    """This page's address with parameters changed ('' = dropped)."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name not in changes]
    asked = urlencode([*kept, *((name, value) for name, value in changes.items() if value)])
    path = str(request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]) or request.url.path
    return f"{path}?{asked}" if asked else path


def weighted(header: str) -> list[tuple[str, float]]:
    """The names of a header with weights, heaviest first; what can't be read is left out, at most 20 are looked at."""
    found: list[tuple[str, float]] = []
    for part in header.split(",")[:20]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        try:
            found.append((name, min(1.0, max(0.0, float(weight)))))
        except ValueError:
            continue
    return sorted(found, key=lambda one: -one[1])
