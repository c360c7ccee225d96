"""What a buyer sees: stock and use of his party, proposals with the numbers that led to them, orders."""

from __future__ import annotations

from services.procurement.router import procurement_router

__all__ = ["procurement_router"]
