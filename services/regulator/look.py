"""Routes to look around: overview, search by any code, findings, parties, the access log."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from graph.model import FindingRow, Hit
from pedigree.errors import IdentifierError
from pedigree.facts import Party
from pedigree.findings import SEVERITY as CODES
from pedigree.identifiers import Scan, parse_scan
from pedigree.messages import event_uri
from services.console.names import Names, typed_time
from services.console.pages import next_of, query, wants_json
from services.console.words import FINDING
from services.problems import bad_query
from services.regulator.access import AccessReader
from services.regulator.desk import Desk
from services.regulator.unit import named
from services.regulator.units import WORDS

SEVERITIES = ("info", "low", "medium", "high")
_HITS = 50


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    read = [Depends(desk.sessions.reader)]

    @router.get("/regulator", dependencies=read)
    def home(request: Request) -> Response:
        """How much there is, and what was found last."""
        names, now = desk.names(request), desk.now()
        counts = desk.graph.counts()
        newest = desk.graph.findings(severity="medium", limit=10).items
        registry = desk.registry()
        standing = [one for one in registry.all_recalls() if one.since <= now and not 0 < one.lifted <= now]
        data = {
            "counts": {
                "units": counts.units, "events": counts.events, "documents": counts.documents, "undecidable": counts.undecidable,
                "verdicts": counts.verdicts, "findings": dict(Counter(counts.findings)), "parties": len(registry.parties()),
            },
            "recalls": len(standing),
            "newest": [_finding(names, row) for row in newest],
        }  # fmt: skip
        return desk.answer(request, "home.html", data, words=WORDS)

    @router.get("/regulator/search", dependencies=read)
    def search(request: Request, q: str = Query("", max_length=500)) -> Response:
        """Any code as scanned or typed, or a lot. A person is led straight to a unit that is known."""
        text = q.strip()
        scan, wrong = _read(text, desk.now())
        hits = _hits(desk, text, scan)
        exact = scan is not None and bool(scan.uri) and [hit.epc for hit in hits[:1]] == [scan.uri]
        if exact and scan is not None and not wants_json(request):
            return RedirectResponse(f"/regulator/unit?{query(epc=scan.uri, lot=scan.lot, expiry=scan.expiry)}", 303)
        data = {
            "q": text,
            "read": _scan(scan) if scan is not None else None,
            "wrong": wrong,
            "units": [hit for hit in hits if hit.epc],
            "lots": [hit for hit in hits if not hit.epc],
        }
        return desk.answer(request, "search.html", data, words=WORDS, names=desk.names(request))

    @router.get("/regulator/findings", dependencies=read)
    def findings(
        request: Request,
        severity: str = Query("", max_length=10),
        code: str = Query("", max_length=60),
        party: str = Query("", max_length=200),
        since: str = Query("", max_length=40),
    ) -> Response:
        """Newest record time first. `severity`: that and worse; `since`: record time."""
        if severity not in ("", *SEVERITIES):
            raise bad_query(f"severity is one of {', '.join(SEVERITIES)}")
        names, asked = desk.names(request), desk.console.asked(request)
        start = typed_time(since, "since") if since.strip() else 0
        page = desk.graph.findings(
            severity=severity, code=code.strip(), party=party.strip(), since=start, cursor=asked.cursor, limit=asked.per_page
        )
        more = desk.console.more(request, page.next)
        data = {"findings": [_finding(names, row) for row in page.items]}
        chosen = {"severity": severity, "code": code, "party": party, "since": since}
        return desk.answer(
            request, "findings.html", data, headers=more, next=next_of(more), words=WORDS, chosen=chosen,
            severities=SEVERITIES, codes=sorted({*CODES, *FINDING}),
        )  # fmt: skip

    @router.get("/regulator/parties", dependencies=read)
    def parties(request: Request, q: str = Query("", max_length=100)) -> Response:
        """The registry: who takes part, with places and company prefixes."""
        names, text = desk.names(request), q.strip().lower()
        every = sorted(desk.registry().parties(), key=lambda one: (one.role, one.name, one.id))
        found = [one for one in every if not text or text in _searchable(one)]
        shown, more = desk.console.sliced(request, found, 30)
        data = {"total": len(found), "parties": [_party(names, one) for one in shown]}
        return desk.answer(request, "parties.html", data, headers=more, next=next_of(more), q=q)

    @router.get("/regulator/access", dependencies=read)
    def access(request: Request, party: str = Query("", max_length=200)) -> Response:
        """Who read what that is not public, newest first."""
        names, asked = desk.names(request), desk.console.asked(request)
        log = desk.services.access
        kept = isinstance(log, AccessReader)
        before = asked.cursor[0] if asked.cursor else None
        if before is not None and not isinstance(before, int):
            raise bad_query("nextPageToken is not one that was given out for this list")
        rows = log.recent(before, asked.per_page, party.strip()) if isinstance(log, AccessReader) else []
        more = desk.console.more(request, (rows[-1].number,) if len(rows) == asked.per_page else None)
        reads = [
            {
                "time": names.moment(row.time), "party": names.party(row.party), "key": row.key, "route": row.route,
                "subject": row.subject, "allowed": row.allowed,
            }
            for row in rows
        ]  # fmt: skip
        return desk.answer(
            request, "access.html", {"kept": kept, "reads": reads}, headers=more, next=next_of(more), party_asked=party
        )


def _read(text: str, now: int) -> tuple[Scan | None, str]:
    """The code taken apart, or why it can't be."""
    if not text:
        return None, ""
    try:
        return parse_scan(text, year=datetime.fromtimestamp(now / 1000, UTC).year), ""
    except IdentifierError as wrong:
        return None, str(wrong)


def _hits(desk: Desk, text: str, scan: Scan | None) -> list[Hit]:
    """What is known under the code, else under what it may also have meant, else what begins like the text."""
    tried = [text] if text else []
    if scan is not None:
        lot = f"{scan.gtin} {scan.lot}" if scan.gtin and scan.lot else ""
        tried = [one for one in (scan.uri, *scan.alternatives, lot, scan.gtin if not scan.uri else "", text) if one]
    found: dict[tuple[str, str, str], Hit] = {}
    for one in tried:
        for hit in desk.graph.search(one, _HITS):
            if not one.startswith("https://") or hit.epc == one:
                found.setdefault((hit.epc, hit.gtin, hit.lot), hit)
        if found:
            break
    return list(found.values())[:_HITS]


def _scan(scan: Scan) -> dict[str, Any]:
    fields = ("uri", "scheme", "gtin", "serial", "lot", "sscc", "gln", "expiry", "produced", "symbology")
    made: dict[str, Any] = {name: getattr(scan, name) for name in fields if getattr(scan, name)}
    return {**made, "warnings": list(scan.warnings), "alternatives": list(scan.alternatives)}


def _finding(names: Names, row: FindingRow) -> dict[str, Any]:
    return {
        "epc": row.unit,
        "link": f"/regulator/unit?epc={quote(row.unit, safe='')}",
        "code": row.code,
        "severity": row.severity,
        "evidence": dict(row.evidence),
        "named": named(names, dict(row.evidence)),
        "eventTime": names.moment(row.time, row.location),
        "recordTime": names.moment(row.record_time, row.location),
        "party": names.party(row.party),
        "place": names.place(row.location),
        "bizStep": row.biz_step,
        "outcome": row.outcome,
        "event": event_uri(row.event) if len(row.event) == 32 else "",
    }


def _searchable(party: Party) -> str:
    sites = " ".join(f"{site.gln} {site.name} {site.city}" for site in party.sites)
    return f"{party.id} {party.name} {party.role} {' '.join(party.prefixes)} {sites}".lower()


def _party(names: Names, party: Party) -> dict[str, Any]:
    return {
        "party": names.party(party.id),
        "role": party.role,
        "prefixes": list(party.prefixes),
        "sealRequired": party.seal_required,
        "from": names.moment(party.participates_from),
        "sites": [names.place(site.gln) for site in party.sites],
        "zones": {site.gln: site.time_zone for site in party.sites},
    }
