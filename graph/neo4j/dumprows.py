"""Nodes as rows of the dump: columns as `graph.dumpspec.SPECS` names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.neo4j.lists import TO_LOOK_AT
from graph.neo4j.rows import shown_lot
from graph.neo4j.sales import as_sale
from graph.neo4j.values import KIND, ROLE, STATUS, STEP, Props, marks, text, unhex, unpack

Row = tuple[Any, ...]


def texts(p: Props, *names: str) -> Row:
    return tuple(p.get(name, "") for name in names)


def numbers(p: Props, *names: str) -> Row:
    return tuple(p.get(name, 0) for name in names)


def unit(epc: str, found: list[Any]) -> Iterator[Row]:
    p, mentioned, container = found
    if mentioned:
        return
    yield (
        epc, *texts(p, "kind", "gtin", "serial", "lot"), *numbers(p, "generation", "partition", "number", "n", "number0", "n0"),
        unhex(p.get("key")), unhex(p.get("acc")), p.get("content", 0.0), int(container), STATUS.number(p.get("status")),
        *texts(p, "possessor", "owner", "location", "addressee", "container"), p.get("remaining", 0.0),
        *texts(p, "hold", "chain", "verdict"), text(marks(p.get("marks"))), shown_lot(p), p.get("expiry", ""), p.get("since", 0),
    )  # fmt: skip


def stay(epc: str, found: list[Any]) -> Iterator[Row]:
    for p in found[0]:
        yield (
            epc, *numbers(p, "t_from", "ord", "t_to"), STATUS.number(p.get("status")),
            *texts(p, "party", "owner", "location", "addressee"), unhex(p.get("event")), int(p.get("inferred", 0)),
        )  # fmt: skip


def packed(epc: str, found: list[Any]) -> Iterator[Row]:
    for p, container in found[0]:
        yield epc, *numbers(p, "t_from", "ord", "t_to"), container, unhex(p.get("event"))


def identity(epc: str, v: Props) -> Row:
    return epc, unhex(v.get("event")), KIND.number(v.get("kind")), v.get("source", ""), v.get("declared", 0)


def verdict(epc: str, found: list[Any]) -> Iterator[Row]:
    for v, _, questioned in found[0]:
        outcome = v.get("outcome", "")
        if questioned != (outcome in TO_LOOK_AT):  # without its label it would be missing in its sender's list
            outcome = f"? {outcome}"
        yield (
            *identity(epc, v), STEP.number(v.get("step")), v.get("biz_step", ""), *numbers(v, "time", "place", "record_time"),
            *texts(v, "actor", "location"), outcome, int(v.get("applies", 0)), *texts(v, "proof", "attested", "party"),
        )  # fmt: skip


def finding(epc: str, found: list[Any]) -> Iterator[Row]:
    for v, findings, _ in found[0]:
        for f in findings:
            values = (*texts(f, "code", "severity", "evidence"), f.get("record_time", 0), f.get("party", ""))
            yield *identity(epc, v), f.get("ord", 0), *values


def sale(epc: str, found: list[Any]) -> Iterator[Row]:
    for p in found[0]:
        sale, count = as_sale(p)
        yield epc, sale.event, sale.time, sale.part, sale.party, sale.location, int(sale.applies), count


def load(epc: str, found: list[Any]) -> Iterator[Row]:
    if found[0] is not None:
        yield epc, found[0]


def named(epc: str, found: list[Any]) -> Iterator[Row]:
    for time, hash, declared, role in found[0]:
        yield epc, time, event_key(hash, declared), ROLE.number(role)


def master_data(p: Props) -> Row:
    return (
        *texts(p, "element", "vocabulary", "attribute", "value", "compared", "party"),
        *numbers(p, "record_time", "partition", "offset"),
    )  # fmt: skip


def event_key(hash: object, declared: object) -> str:
    return f"{str(hash or '').upper()}/{declared or 0}"


def event(p: Props) -> Row:
    return (
        unhex(p.get("hash")), p.get("declared", 0), *texts(p, "type", "action", "biz_step", "disposition"),
        *numbers(p, "time", "record_time"), *texts(p, "party", "actor", "location", "read_point", "biz_location", "event_id"),
        *numbers(p, "partition", "offset", "seq"), unpack(p.get("json")),
    )  # fmt: skip


def document(p: Props) -> Row:
    return (
        *numbers(p, "partition", "offset"), *texts(p, "capture", "party"), *numbers(p, "record_time", "registry", "rules"),
        p.get("content_type", ""), unhex(p.get("digest")), bytes(p.get("seal", b"")), unpack(p.get("context")),
    )  # fmt: skip
