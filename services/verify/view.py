"""The answer as data: what JSON carries, and what the page is made of."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from graph.model import Passport
from pedigree.custody.steps import Kind, Status
from pedigree.identifiers import Scan, is_logistic
from services.console.names import Lang
from services.verify.gather import Seen
from services.verify.journey import When
from services.verify.outcome import ALARMS, Answered, Code, Outcome, status_of
from services.verify.sale import sales_told, sold_several_times
from services.verify.shelf import last_day, same_day
from services.verify.texts import sentence_of
from services.verify.words import WORDS, pick, place_name, somebody, stop_text

_CARE = frozenset({Code.ON_HOLD, Code.IN_TRANSIT, Code.UNKNOWN, Code.MANY_SCANS, Code.UNREADABLE, Code.CHECK_DIGIT})
_CALM = frozenset({Code.SOLD_HERE, Code.NOT_SOLD})


def tone_of(answered: Answered) -> str:
    """stop | care | ask | wait | ok: how the page looks. `ok` only where the worst thing to say is that all is well."""
    if not answered.outcomes:
        return "ask" if answered.asks else "wait"
    worst = answered.outcomes[0].code
    if worst in ALARMS:
        return "stop"
    if worst in _CARE:
        return "care"
    return "ok" if worst in _CALM else "wait"


def outcome_data(one: Outcome, lang: Lang) -> dict[str, Any]:
    text, reasons = sentence_of(one.code, one.reasons)
    return {
        "code": one.code.value,
        "head": pick(text.head, lang),
        "text": pick(text.sentence, lang),
        "action": pick(text.action, lang),
        "reasons": [pick(reason, lang) for reason in reasons],
        "reasonCodes": list(one.reasons),
    }


def unread_data(answered: Answered, lang: Lang) -> dict[str, Any]:
    return {"outcomes": [outcome_data(one, lang) for one in answered.outcomes], "lang": lang}


def data_of(seen: Seen, lang: Lang, *, simulation: bool) -> dict[str, Any]:
    """Everything that may be public about a code. Times: local clock, offset, UTC."""
    scan, passport = seen.case.scan, seen.case.passport
    withheld = seen.case.integrity.state == "differs"
    data: dict[str, Any] = {
        "outcomes": [outcome_data(one, lang) for one in seen.answered.outcomes],
        "uri": scan.key.uri,
        "kind": scan.key.kind,
        "code": _code(scan),
        "readAs": seen.read_as,
        "label": {"lot": scan.lot, "expiry": scan.expiry},
        "product": seen.names.product(scan.gtin) if scan.gtin else "",
        "device": seen.product is not None and seen.product.kind == "device",
        "maker": seen.maker,
        "recalls": [
            {"id": one.id, "class": one.level, "reason": one.reason, "since": _when(seen.teller.when(one.since))}
            for one in seen.case.recalls
        ],
        "record": None,
        "journey": [],
        "sale": _sale(seen, lang),
        "sales": [],
        "question": seen.answered.asks,
        "evidence": _evidence(seen),
        "scans": seen.case.scans,
        "proof": f"/proof?code={quote(scan.uri, safe='')}" if seen.case.integrity.anchored and not withheld else "",
        "simulation": simulation,
        "asOf": _when(seen.teller.when(seen.now)),
        "lang": lang,
    }
    if passport is not None and not withheld:
        shown = passport.unit.shown
        data["record"] = {
            "status": Status(status_of(passport)).name.lower(),
            "lot": shown.lot,
            "expiry": last_day(shown.expiry) or shown.expiry,
            "chain": shown.chain,
            "verdict": shown.verdict,
            "remaining": shown.remaining if shown.remaining >= 0 else None,
        }
        if sold_several_times(passport):
            data["sales"] = _sales(seen, passport, lang)
        data["product"] = data["product"] or seen.names.product(passport.unit.gtin)
        data["journey"] = [
            {
                "what": stop.what, "text": stop.text, "kind": stop.kind, "city": stop.city, "name": stop.name,
                "since": _when(stop.since), "now": stop.now, "signed": stop.signed, "inferred": stop.inferred,
            }
            for stop in seen.teller.stops(passport)
        ]  # fmt: skip
    return data


def page_only(seen: Seen, lang: Lang) -> dict[str, Any]:
    """What the page needs besides: the look, the heading where no outcome gives one, and whether label and record differ."""
    words, scan, passport = WORDS[lang], seen.case.scan, seen.case.passport
    shown = passport.unit.shown if passport is not None else None
    return {
        "tone": tone_of(seen.answered),
        "plain": ("", "") if seen.answered.outcomes or seen.answered.asks else _plain(scan, words),
        "lot_differs": shown is not None and bool(scan.lot and shown.lot and scan.lot != shown.lot),
        "expiry_differs": shown is not None and bool(scan.expiry and not same_day(scan.expiry, shown.expiry)),
        "container": is_logistic(scan.uri),
        "withheld": seen.case.integrity.state == "differs",
        "answered_sale": seen.answered.sale is not None and seen.case.answer.yes is not None,
    }


def _plain(scan: Scan, words: dict[str, str]) -> tuple[str, str]:
    if not scan.uri:
        return words["lot_head" if scan.lot else "product_head"], words["lot_text"]
    if is_logistic(scan.uri):
        return words["container" if scan.key.kind == "sscc" else "asset"], words["container_text"]
    return words["asset"], ""


def _code(scan: Scan) -> dict[str, str]:
    other = "" if scan.gtin or scan.sscc else scan.key.value
    return {"gtin": scan.gtin, "serial": scan.serial, "sscc": scan.sscc, "other": other}


def _sale(seen: Seen, lang: Lang) -> dict[str, str] | None:
    if seen.answered.sale is None:
        return None
    kind, city, first, last = seen.case.seller
    shown = place_name(city, lang)
    return {"kind": kind, "by": somebody(kind, "", "", lang), "city": shown, "firstDay": first, "lastDay": last}


def _sales(seen: Seen, passport: Passport, lang: Lang) -> list[dict[str, Any]]:
    teller, found = seen.teller, []
    for told in sales_told(passport):
        kind, city = teller.role(told.actor), place_name(teller.city(told.actor, told.location), lang)
        text = stop_text("sold", somebody(kind, city, "", lang), lang)
        found.append({"text": text, "kind": kind, "city": city, "since": _when(teller.when(told.time, told.location))})
    return found


def _evidence(seen: Seen) -> dict[str, Any]:
    integrity, passport = seen.case.integrity, seen.case.passport
    reports = [] if passport is None else [v for v in passport.verdicts if v.kind == Kind.EVENT]
    checkpoint = integrity.checkpoint_ms
    return {
        "state": integrity.state,
        "records": integrity.leaves,
        "anchored": integrity.anchored,
        "checkpoint": _when(seen.teller.when(checkpoint)) if checkpoint else None,
        "reports": len(reports),
        "signed": sum(bool(v.attested) for v in reports),
    }


def _when(at: When) -> dict[str, str]:
    return {"local": at.local, "offset": at.offset, "utc": at.utc}
