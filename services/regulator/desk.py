"""What all routes of the regulator's console work with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.responses import Response

from graph.port import GraphReader
from pedigree.errors import SettingsError
from pedigree.ports import History
from pedigree.registry import Registry
from services.console.names import Names, say
from services.console.pages import Console, lang_of
from services.context import Services
from services.session import Sessions

_TITLE = ("监管控制台", "Regulator's console")
_LINKS = (
    ("/regulator", "总览", "Overview"),
    ("/regulator/cases", "案件", "Cases"),
    ("/regulator/findings", "发现", "Findings"),
    ("/regulator/recalls", "召回", "Recalls"),
    ("/regulator/parties", "企业", "Parties"),
    ("/regulator/access", "访问记录", "Access log"),
)


class Desk:
    """Made once an app. The graph must be wired; the history may be missing, and pages then say that nothing was compared."""

    def __init__(self, services: Services) -> None:
        if services.graph is None:
            raise SettingsError("the regulator's console needs the graph: set Services.graph")
        self.services = services
        self.graph: GraphReader = services.graph
        self.sessions = Sessions(services, "regulator")
        self.console = Console(services, self.sessions, Path(__file__).parent / "templates", _TITLE, _LINKS)

    @property
    def history(self) -> History | None:
        history: History | None = self.services.history
        return history

    def registry(self) -> Registry:
        return self.services.registry.current()

    def now(self) -> int:
        return self.services.clock()

    def names(self, request: Request) -> Names:
        return Names(self.registry(), lang_of(request))

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
        lang = lang_of(request)

        def word(words: Mapping[Any, tuple[str, str]], code: int | str) -> str:
            return say(words, code, lang)

        return self.console.answer(
            request, template, data, status=status, headers=headers, signed_in=True, say=word, **page_only
        )
