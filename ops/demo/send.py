"""Brings the world to a server: facts first, then every document through the HTTP interface, with its own party's key."""

from __future__ import annotations

from collections.abc import Callable

from ops.client import Client
from ops.demo.calendar import DAY, DAYS, utc_text
from ops.demo.cast import BY_KEY, COMPANIES
from ops.demo.state import DemoState, Memory, Secrets
from ops.demo.world import World
from ops.facts import Facts
from pedigree.facts import OPERATOR, KeyRole, SealKey, fact_of
from pedigree.messages import Fact
from pedigree.seal import HEADER, PrivateKey, encode_seal, generate_key, seal_document
from services.auth import new_key

SEALING = ("m1",)
"""Who seals its documents."""
_ROLES: dict[str, tuple[KeyRole, ...]] = {
    "maker": ("capture", "query"),
    "distributor": ("capture", "query"),
    "hospital": ("capture", "query", "procurement"),
    "pharmacy": ("capture", "query", "procurement"),
    "regulator": ("query", "regulator"),
}


def state_facts(facts: Facts, world: World, secrets: Secrets, now: int) -> int:
    """State what is not stated yet; new keys are put into `secrets`, which must be kept before anything is sent.

    Facts are stated as of the world's first day: documents of that time were captured with them. How many were stated.
    """
    begun = now - (DAYS + 2) * DAY
    known = {(kind, one.id) for kind in ("party", "product", "recall") for one in facts.all(kind)}
    made = [Fact(kind, key, value, begun, OPERATOR) for kind, key, value in world.facts if (kind, key) not in known]
    for company in COMPANIES:
        if company.key not in secrets.api:
            secrets.api[company.key], fact = new_key(company.gln, _ROLES[company.role], begun)
            made.append(fact)
    for who in SEALING:
        if who not in secrets.seals:
            key = generate_key()
            secrets.seals[who] = key.to_pem().decode()
            public = SealKey(id=key.key_id, public_key=key.public.point.hex(), party=BY_KEY[who].gln, since=begun)
            made.append(fact_of("seal_key", public, OPERATOR, begun))
    if made:
        facts.state(*made)
    return len(made)


def send(world: World, url: str, secrets: Secrets, state: DemoState, memory: Memory, advance: Callable[[int], None]) -> None:
    """Send what was not sent yet, in the order of arrival, each with its own record time (simulation mode).

    `advance` is called with the number of documents that are through. Raises UnreachableError, RefusedError.
    """
    seals = {who: PrivateKey.from_pem(pem.encode()) for who, pem in secrets.seals.items()}
    clients = {company.key: Client(url, secrets.api[company.key]) for company in COMPANIES}
    try:
        for index, letter in enumerate(world.letters):
            if index < state.sent:
                continue
            headers = {"Medtrace-Record-Time": utc_text(letter.arrival)}
            if letter.who in seals:
                seal = seal_document(letter.body, seals[letter.who], BY_KEY[letter.who].gln, letter.arrival)
                headers[HEADER] = encode_seal(seal)
            clients[letter.who].capture(letter.body, letter.content_type, headers)
            state.sent = index + 1
            memory.keep(state)
            advance(state.sent)
    finally:
        for client in clients.values():
            client.close()
