"""The regulator's console: every page also as JSON, for keys with the role `regulator` only."""

from __future__ import annotations

from fastapi import APIRouter

from services.console.routes import console_router
from services.context import Services
from services.regulator import cases, look, papers, recalls, units
from services.regulator.desk import Desk


def regulator_router(services: Services) -> APIRouter:
    """The routes under `/regulator`. SettingsError without a graph."""
    desk = Desk(services)
    router = console_router(desk.console)
    for routes in (look, units, papers, recalls, cases):
        routes.add(router, desk)
    return router
