"""Where subscriptions may send: only to hosts that the operator lists, and never, by way of them, into the inside.

A server that fetches addresses which others give it can be made to reach what only it can reach. So: http(s) only, no
credentials, no redirects; the host must be listed; what its name stands for is looked up at each delivery and the connection
goes to exactly that address. A listed name must lead to a public address. To reach a private one the operator lists it as a
number, or as `localhost`; only there plain http is allowed.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from services.problems import Problem


@dataclass(frozen=True, slots=True)
class Destination:
    """`url`: with the address that was looked up; `host`: for the Host header and the certificate."""

    url: str
    host: str
    name: str


def check(text: str, allowed: tuple[str, ...]) -> str:
    """The address, when a subscription may send there. Raises 400 for what is no such address, 403 for a host not listed."""
    parts = _split(text)
    if not _listed(parts, allowed):
        raise Problem(403, "SubscribeNotPermittedException", f"dest: this server does not send to {parts.hostname}")
    if parts.scheme != "https" and not _inside(parts.hostname or ""):
        raise Problem(403, "SubscribeNotPermittedException", "dest: events are sent over https only")
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as wrong:
        raise _invalid("no address") from wrong
    printable = text.isascii() and text.isprintable() and " " not in text
    if parts.scheme not in ("http", "https") or not parts.hostname or not printable or len(text) > 2000 or port == 0:
        raise _invalid("an http or https address of at most 2000 characters")
    if parts.username or parts.password or parts.fragment:
        raise _invalid("an address without credentials and fragment")
    return parts


def _invalid(what: str) -> Problem:
    return Problem(400, "InvalidURIException", f"dest: {what}")


def _listed(parts: SplitResult, allowed: tuple[str, ...]) -> bool:
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    written = f"[{host}]" if ":" in host else host
    for one in allowed:
        name = one.lower()
        if name in (written, f"{written}:{port}", host) or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False


def _inside(host: str) -> bool:
    """A host that is written as a number or as `localhost`: whoever listed it meant the inside."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def resolve(text: str, allowed: tuple[str, ...]) -> Destination:
    """Where to connect for one delivery. Raises as `check`, and OSError when the name leads nowhere or to the inside. Blocks."""
    parts = _split(check(text, allowed))
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not _inside(host):
        found = {address for address in found if ipaddress.ip_address(address.partition("%")[0]).is_global}
        if not found:
            raise OSError(f"{host} does not lead to a public address")
    address = sorted(found, key=lambda one: (":" in one, one))[0]
    written = f"[{address}]" if ":" in address else address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    name = f"[{host}]" if ":" in host else host
    standard = port == (443 if parts.scheme == "https" else 80)
    return Destination(f"{parts.scheme}://{written}:{port}{path}", name if standard else f"{name}:{port}", host)
