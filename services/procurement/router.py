"""The procurement console: stock and use, proposals with their numbers, approval, orders, settings. Pages and JSON, for keys with
the role `procurement`; each sees its own party."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from pedigree.errors import Fault
from pedigree.facts import Note, fact_of
from services.auth import Caller
from services.console.names import Names
from services.console.pages import next_of
from services.console.routes import console_router, done
from services.context import Services
from services.problems import Problem, bad_query, invalid, not_found
from services.procurement import setting_routes
from services.procurement.desk import Desk
from services.procurement.gather import DAY, open_orders, party_orders, products, site_lines
from services.procurement.orders import KIND, Order, transaction_uri
from services.procurement.proposals import Proposal
from services.procurement.wording import reasons
from services.session import Posted


def procurement_router(services: Services) -> APIRouter:
    """The routes under `/procurement`. SettingsError without a graph."""
    desk = Desk(services)
    router = console_router(desk.console)
    reader, writer = Depends(desk.sessions.reader), Depends(desk.sessions.writer)
    setting_routes.add(router, desk)

    @router.get("/procurement")
    def proposals(request: Request, show: str = Query("order", max_length=20), caller: Caller = reader) -> Response:
        """What to order; `show=all`: also where nothing is to be ordered, and why."""
        if show not in ("order", "all"):
            raise bad_query("show is order or all")
        names = desk.names(request)
        made, found, orders = desk.proposals(caller.party)
        wanted = [one for one in made if show == "all" or one.outcome == "order"]
        shown, more = desk.console.sliced(request, wanted, 20)
        counts = {outcome: sum(one.outcome == outcome for one in made) for outcome in ("order", "too_little_data", "enough")}
        data = {
            "party": names.party(caller.party),
            "day": names.moment(desk.now()),
            "counts": counts,
            "value": round(sum(one.value for one in made), 2),
            "openOrders": sum(len(open_orders(product, orders)) for product in found.values()),
            "expiring": round(sum(one.expiring for one in made), 3),
            "proposals": [_proposal(names, one) for one in shown],
        }
        return desk.answer(request, "proposals.html", data, headers=more, next=next_of(more), show=show)

    @router.post("/procurement/proposals/{id}/approve")
    def approve(request: Request, id: str, posted: Posted = writer) -> Response:
        """Approve once: 201 with the order; 409 with the existing order the second time, or when the numbers have changed."""
        gtin = str(posted.values.get("gtin", "")) or None
        with desk.approving:
            order = _approved(desk, id, gtin, posted)
            desk.services.registry.state(
                fact_of(KIND, Note(id=id, value=msgspec.to_builtins(order)), posted.caller.party, desk.now())
            )
        return done(request, "/procurement/orders", _order(desk.names(request), order, float(order.quantity)), 201, desk.console)

    @router.get("/procurement/stock")
    def stock(request: Request, q: str = Query("", max_length=100), caller: Caller = reader) -> Response:
        """Stock and consumption by place and product."""
        names, now, text = desk.names(request), desk.now(), q.strip().lower()
        lines = [
            {
                "place": names.place(line.location), "gtin": line.gtin, "product": names.product(line.gtin),
                "usable": line.usable, "blocked": line.blocked, "opened": line.opened, "leaving": line.leaving,
                "last30": round(line.last_30, 3), "firstExpiry": line.first_expiry,
            }
            for line in site_lines(desk.registry(), products(desk.graph, caller.party, now), now)
        ]  # fmt: skip
        found = [line for line in lines if text in f"{line['gtin']} {line['product']} {line['place']}".lower()]
        shown, more = desk.console.sliced(request, found, 100)
        data = {"party": names.party(caller.party), "lines": shown}
        return desk.answer(request, "stock.html", data, headers=more, next=next_of(more), q=q)

    @router.get("/procurement/orders")
    def orders(request: Request, caller: Caller = reader) -> Response:
        """The party's orders, newest first, with what is still to come."""
        names = desk.names(request)
        every = party_orders(desk.registry(), caller.party)
        shown, more = desk.console.sliced(request, every, 30)
        found = products(desk.graph, caller.party, desk.now())
        waiting = {order.id: packs for product in found.values() for order, packs in open_orders(product, every)}
        data = {"orders": [_order(names, one, waiting.get(one.id, _unseen(one, found))) for one in shown]}
        return desk.answer(request, "orders.html", data, headers=more, next=next_of(more))

    @router.post("/procurement/orders/{id}/close")
    def close(request: Request, id: str, posted: Posted = writer) -> Response:
        """Say that an order has arrived or was cancelled (`state`); it then no longer counts as coming."""
        state = str(posted.values.get("state", ""))
        if state not in ("received", "cancelled"):
            raise invalid("state is received or cancelled", [Fault("state", state[:40], "received or cancelled")])
        with desk.approving:
            order = next((one for one in party_orders(desk.registry(), posted.caller.party) if one.id == id), None)
            if order is None:
                raise not_found(f"there is no order {id[:60]}")
            if order.state != "open":
                raise Problem(409, "ValidationException", f"order {id} is {order.state} already")
            closed = msgspec.structs.replace(order, state=state, closed_at=desk.now())
            fact = fact_of(KIND, Note(id=id, value=msgspec.to_builtins(closed)), posted.caller.party, desk.now())
            desk.services.registry.state(fact)
        return done(request, "/procurement/orders", _order(desk.names(request), closed, 0.0), 200, desk.console)

    return router


def _approved(desk: Desk, id: str, gtin: str | None, posted: Posted) -> Order:
    """The order that approving the proposal makes, on the numbers of this very moment."""
    party, now = posted.caller.party, desk.now()
    existing = next((one for one in party_orders(desk.registry(), party) if one.id == id), None)
    if existing is not None:
        detail = f"proposal {id} was approved already, by key {existing.approved_by}: {existing.quantity} packs"
        raise Problem(409, "ValidationException", detail, extra={"order": msgspec.to_builtins(existing)})
    made, found, _ = desk.proposals(party, gtin)
    proposal = next((one for one in made if one.id == id and one.outcome == "order"), None)
    if proposal is None:
        raise Problem(409, "ValidationException", "the numbers have changed since, or a day has passed: look again")
    accepted = posted.values.get("accept", [])
    accepted = tuple(accepted.replace(",", " ").split()) if isinstance(accepted, str) else tuple(map(str, accepted))
    missing = [one for one in proposal.over if one not in accepted]
    if missing:
        raise invalid(f"this order is over a cap: accept {', '.join(missing)}", [Fault("accept", "", ", ".join(missing))])
    product, today = found[proposal.gtin], now - now % DAY
    return Order(
        id=id,
        transaction=transaction_uri(party, id),
        party=party,
        gtin=proposal.gtin,
        quantity=proposal.quantity,
        supplier=proposal.supplier,
        approved_by=posted.caller.key,
        approved_at=now,
        accepted=proposal.over,
        day=today,
        stock=product.stock_now,
        given=product.given.get(today, 0.0),
        earlier=proposal.ordered,
        proposal=msgspec.to_builtins(proposal),
    )


def _unseen(order: Order, found: dict[str, Any]) -> float:
    """Still to come of an order whose product the graph has no row of yet."""
    return float(order.quantity) if order.state == "open" and order.gtin not in found else 0.0


def _proposal(names: Names, made: Proposal) -> dict[str, Any]:
    return {**msgspec.to_builtins(made), "product": names.product(made.gtin), "reasons": reasons(made, names.lang)}


def _order(names: Names, order: Order, to_come: float) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(order),
        "product": names.product(order.gtin),
        "approvedAt": names.moment(order.approved_at),
        "closedAt": names.moment(order.closed_at),
        "toCome": round(to_come, 3),
        "shown": "received" if order.state == "open" and to_come <= 0 else order.state,
    }
