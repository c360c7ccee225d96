"""What all routes of the procurement console work with; a buyer sees his own party only."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.responses import Response

from graph.port import GraphReader
from pedigree.errors import SettingsError
from pedigree.registry import Registry
from services.console.names import Names
from services.console.pages import Console, lang_of
from services.context import Services
from services.procurement.gather import Product, party_orders, products, situation
from services.procurement.orders import Order
from services.procurement.proposals import Proposal, propose
from services.procurement.settings import KIND, setting_of
from services.session import Sessions

_TITLE = ("采购", "Procurement")
_LINKS = (
    ("/procurement", "建议", "Proposals"),
    ("/procurement/stock", "库存与消耗", "Stock and use"),
    ("/procurement/orders", "订单", "Orders"),
    ("/procurement/settings", "设置", "Settings"),
)
_FIRST = {"order": 0, "too_little_data": 1, "enough": 2}


class Desk:
    """Made once an app."""

    def __init__(self, services: Services) -> None:
        if services.graph is None:
            raise SettingsError("procurement needs the graph: set Services.graph")
        self.services = services
        self.graph: GraphReader = services.graph
        self.sessions = Sessions(services, "procurement")
        self.console = Console(services, self.sessions, Path(__file__).parent / "templates", _TITLE, _LINKS)
        self.approving = threading.Lock()
        """Held from looking whether an order exists to its fact: two clicks make one order."""

    def registry(self) -> Registry:
        return self.services.registry.current()

    def now(self) -> int:
        return self.services.clock()

    def names(self, request: Request) -> Names:
        return Names(self.registry(), lang_of(request))

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """All `reorder` facts, key -> value."""
        return {key: note.value for key, note in self.registry().notes(KIND).items()}

    def proposals(self, party: str, gtin: str | None = None) -> tuple[list[Proposal], dict[str, Product], list[Order]]:
        """Of all products of the party (or one): those to order first. With the products and orders they rest on."""
        registry, now, settings = self.registry(), self.now(), self.settings()
        orders = party_orders(registry, party)
        found = products(self.graph, party, now, gtin)
        made = [
            propose(situation(registry, party, product, orders, now), setting_of(settings, party, product.gtin))
            for product in found.values()
        ]
        return sorted(made, key=lambda one: (_FIRST[one.outcome], one.gtin)), found, orders

    def answer(
        self,
        request: Request,
        template: str,
        data: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **page_only: Any,
    ) -> Response:
        """As `Console.answer`, for a page of somebody who is signed in."""
        return self.console.answer(request, template, data, status=status, headers=headers, signed_in=True, **page_only)
