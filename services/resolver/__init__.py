"""The GS1 Digital Link resolver: from what a code names to what there is about it.

Mount `resolver_router` with the other routers and put `Resolver` around the app: it answers a Digital Link's own path when the
request asks for a link type or for a linkset, and leaves every other request to the verification page.
"""

from __future__ import annotations

from services.resolver.middleware import Resolver
from services.resolver.router import resolver_router

__all__ = ["Resolver", "resolver_router"]
