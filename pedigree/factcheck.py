"""What is wrong with a fact, before it is appended: the fold itself refuses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pedigree.facts import (
    OPERATOR,
    ApiKey,
    Delegation,
    Device,
    DeviceOffset,
    Hold,
    Legacy,
    Paper,
    Party,
    Product,
    Recall,
    Rules,
    Scope,
    SealKey,
    UploadClosed,
    fault_of,
    value_of,
)
from pedigree.identifiers.checkdigit import has_valid_check_digit
from pedigree.messages import Fact
from pedigree.registry import Registry, public_key
from pedigree.rules import RULES


def check_fact(registry: Registry, fact: Fact) -> list[str]:
    """Every fault found, each as "field: what is wrong"; [] when the fact may be appended on top of `registry`."""
    if not 1 <= len(fact.key) <= 300:
        return ["key: must have 1 to 300 characters"]
    value = value_of(fact)
    if value is None:
        return [fault_of(fact)]
    check = _CHECKS.get(type(value))
    return [] if check is None else list(check(registry, fact, value))


def _party(registry: Registry, fact: Fact, value: Party) -> Iterator[str]:
    yield from _number("key", fact.key, 13)
    for site in value.sites:
        yield from _number("sites.gln", site.gln, 13)
        holder = registry.party_of(site.gln)
        if holder not in (site.gln, fact.key) or (site.gln != fact.key and registry.party(site.gln) is not None):
            yield f"sites.gln: {site.gln} belongs to party {holder}"
    if len({site.gln for site in value.sites}) < len(value.sites):
        yield "sites: a place is listed twice"
    for other in registry.parties():
        if other.id != fact.key:
            for prefix in set(other.prefixes) & set(value.prefixes):
                yield f"prefixes: {prefix} belongs to party {other.id}"
    yield from _by(registry, fact, OPERATOR)


def _delegation(registry: Registry, fact: Fact, value: Delegation) -> Iterator[str]:
    yield from _known(registry, "principal", value.principal)
    yield from _known(registry, "delegate", value.delegate)
    if value.principal == value.delegate:
        yield "delegate: a party needs no delegation to itself"
    yield from _interval(value.since, value.until)
    yield from _by(registry, fact, value.principal)


def _key(registry: Registry, fact: Fact, value: ApiKey) -> Iterator[str]:
    yield from _known(registry, "party", value.party)
    other = registry.key_by_hash(value.hash)
    if other is not None and other.id != fact.key:
        yield "hash: this key exists under another id"
    if not value.roles:
        yield "roles: a key without a role can do nothing"
    if "regulator" in value.roles and not registry.is_regulator(value.party):
        yield f"roles: {value.party} is not a regulator"
    yield from _by(registry, fact, OPERATOR)


def _rules(registry: Registry, fact: Fact, value: Rules) -> Iterator[str]:
    if fact.key not in map(str, RULES):
        yield f"key: there is no version {fact.key[:20]!r} of the rules in this program, it has {', '.join(map(str, RULES))}"
    elif value.since <= fact.time:
        yield "from: a version applies to what is still to be recorded; verdicts that stand are not judged again"
    yield from _by(registry, fact, OPERATOR)


def _seal_key(registry: Registry, fact: Fact, value: SealKey) -> Iterator[str]:
    yield from _known(registry, "party", value.party)
    public = public_key(value.public_key)
    if public is None:
        yield "public_key: not an SM2 public key (130 hex digits or PEM)"
    elif public.key_id != fact.key:
        yield f"key: the key's id is {public.key_id}"
    yield from _interval(value.since, value.until)
    yield from _by(registry, fact, value.party)


def _device(registry: Registry, fact: Fact, value: Device) -> Iterator[str]:
    yield from _known(registry, "party", value.party)
    public = public_key(value.public_key)
    if public is None:
        yield "public_key: not an SM2 public key (130 hex digits or PEM)"
    else:
        known = registry.device(public.key_id, fact.time)
        if known is not None and known[0].id != fact.key:
            yield f"public_key: it is the key of device {known[0].id}"
    yield from _by(registry, fact, value.party)


def _offset(registry: Registry, fact: Fact, value: DeviceOffset) -> Iterator[str]:
    if registry.site(value.subject) is None and registry.device(value.subject, fact.time) is None:
        yield f"subject: {value.subject} is neither a registered device nor a registered place"
    yield from _interval(value.since, value.until)


def _scope(registry: Registry, fact: Fact, value: Scope) -> Iterator[str]:
    yield from _number("gtin", value.gtin, 14)
    if len(value.first_serial) != len(value.last_serial) or value.first_serial > value.last_serial:
        yield "last_serial: a range needs two ends of one length, the smaller one first"
    if value.lifted and value.lifted < value.since:
        yield "lifted: before it began"
    owner = registry.owner_of(f"https://id.gs1.org/01/{value.gtin}")
    yield from _by(registry, fact, owner, OPERATOR)


def _product(registry: Registry, fact: Fact, value: Product) -> Iterator[str]:
    yield from _number("key", fact.key, 14)
    if not value.names or not set(value.names) <= {"zh", "en"}:
        yield "name: needs zh or en, and nothing else"
    owner = registry.owner_of(f"https://id.gs1.org/01/{fact.key}")
    if owner and value.maker not in ("", owner) and not registry.delegated(owner, value.maker, fact.time):
        yield f"maker: the GTIN's prefix belongs to {owner}"
    yield from _by(registry, fact, owner, OPERATOR)


def _legacy(registry: Registry, fact: Fact, value: Legacy) -> Iterator[str]:
    yield from _known(registry, "party", value.party)
    yield from _number("gtin", value.gtin, 14)
    yield from _by(registry, fact, value.party)


def _closed(registry: Registry, fact: Fact, value: UploadClosed) -> Iterator[str]:
    yield from _known(registry, "maker", value.maker)
    yield from _by(registry, fact, value.maker)


def _paper(registry: Registry, fact: Fact, value: Paper) -> Iterator[str]:
    yield from _known(registry, "party", value.party)
    if fact.key != f"{value.hash}/{value.party}":
        yield f"key: must be {value.hash}/{value.party}"
    yield from _by(registry, fact, value.party)


_CHECKS: dict[type, Callable[[Registry, Fact, Any], Iterator[str]]] = {
    Party: _party,
    Delegation: _delegation,
    ApiKey: _key,
    SealKey: _seal_key,
    Device: _device,
    DeviceOffset: _offset,
    Recall: _scope,
    Rules: _rules,
    Hold: _scope,
    Product: _product,
    Legacy: _legacy,
    Paper: _paper,
    UploadClosed: _closed,
}


def _number(field: str, number: str, length: int) -> Iterator[str]:
    if len(number) != length or not has_valid_check_digit(number):
        yield f"{field}: {number[:40]!r} is not {length} digits with a right check digit"


def _known(registry: Registry, field: str, party: str) -> Iterator[str]:
    if registry.party(party) is None:
        yield f"{field}: there is no party {party}"


def _interval(since: int, until: int) -> Iterator[str]:
    if until <= since:
        yield "to: must be later than from"


def _by(registry: Registry, fact: Fact, *allowed: str) -> Iterator[str]:
    """The operator and the regulator may state anything; others only what is theirs to say."""
    if fact.author != OPERATOR and fact.author not in allowed and not registry.is_regulator(fact.author):
        yield f"author: {fact.author or 'nobody'} may not state this"
