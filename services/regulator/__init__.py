"""What a regulator sees: where anything is, who answered for it, what does not hold, and recalls."""

from __future__ import annotations

from services.regulator.router import regulator_router

__all__ = ["regulator_router"]
