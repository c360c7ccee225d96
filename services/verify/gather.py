"""From a code to everything that an answer rests on: graph, ledger, registry, the count of looks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import structlog

from graph.model import Passport
from graph.port import GraphReader
from pedigree.custody.marks import parts_of
from pedigree.errors import LogFullError, StoreError
from pedigree.facts import Hold, Product, Recall
from pedigree.identifiers import Scan, describe
from pedigree.ports import History, Integrity
from pedigree.registry import Registry
from services.console.names import HOME_ZONE, Lang, Names
from services.context import Services
from services.verify.journey import Teller
from services.verify.outcome import Answered, Case, outcomes, status_of
from services.verify.sale import Answer, Sale, sale_of
from services.verify.scans import ScanCounts, Visitors

_NOTHING = Integrity("unknown", (), 0, 0, 0)
_HOME = ZoneInfo(HOME_ZONE)
_log = structlog.get_logger("medtrace.verify")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A code, what is known of it, and what to say."""

    case: Case
    answered: Answered
    teller: Teller
    names: Names
    maker: str
    """Name of the maker, '' = not registered."""
    product: Product | None
    read_as: str = ""
    """Set when the code itself named nothing that is known, and a reading with a separator put back did."""
    now: int = 0


class Gatherer:
    """Made once an app. Any thread may call."""

    def __init__(self, services: Services, graph: GraphReader, history: History, scans: ScanCounts) -> None:
        self._services = services
        self._graph, self._history = graph, history
        self._scans, self._visitors = scans, Visitors()

    def see(self, scan: Scan, lang: Lang, answer: Answer, address: str) -> Seen:
        """`address`: the visitor's, only to tell a second look from a second visitor; it is not kept."""
        now = self._services.clock()
        registry = self._services.registry.current()
        integrity, passport = self._look(scan.uri)
        read_as = ""
        if passport is None and integrity.state == "unknown":
            for other in scan.alternatives:
                found, known = self._look(other)
                if known is not None:
                    integrity, passport, read_as = found, known, other
                    key = describe(other)
                    scan = msgspec.structs.replace(scan, uri=other, key=key, gtin=key.gtin, serial=key.serial, lot="", expiry="")
                    break
        names = Names(registry, lang)
        teller = Teller(registry, names)
        case = self._case(scan, passport, integrity, registry, teller, answer, now, address)
        gtin = _gtin(scan, passport)
        product = registry.product(gtin) if gtin else None
        maker = _maker(registry, product, scan)
        return Seen(
            case=case, answered=outcomes(case), teller=teller, names=names, maker=maker, product=product, read_as=read_as, now=now
        )

    def _look(self, epc: str) -> tuple[Integrity, Passport | None]:
        """The stores compared first, so that a row that was tampered with is not even read for the page; then the passport, as
        of the state that was compared."""
        if not epc:
            return _NOTHING, None
        integrity = self._history.integrity(epc)
        if integrity.state == "differs":
            return integrity, None
        passport = self._graph.passport(epc)
        if passport is not None and passport.unit.n != integrity.leaves:  # something came in between
            integrity = self._history.integrity(epc)
            passport = None if integrity.state == "differs" else self._graph.passport(epc)
        return integrity, passport

    def _case(
        self, scan: Scan, passport: Passport | None, integrity: Integrity, registry: Registry, teller: Teller, answer: Answer,
        now: int, address: str,
    ) -> Case:  # fmt: skip
        gtin, serial = _gtin(scan, passport), scan.serial
        lots = _lots(scan, passport)
        recalls: dict[str, Recall] = {}
        holds: dict[str, Hold] = {}
        for lot in lots if gtin else ():
            recalls.update((one.id, one) for one in registry.recalls(gtin, lot, serial, now))
            holds.update((one.id, one) for one in registry.holds(gtin, lot, serial, now))
        for part, lot in parts_of(passport.unit.shown.marks) if passport is not None else ():
            recalls.update((one.id, one) for one in registry.recalls(part, lot, "", now))
            holds.update((one.id, one) for one in registry.holds(part, lot, "", now))
        parties = [] if passport is None else [step.party for step in passport.path]
        if passport is not None:
            parties += [passport.unit.shown.hold, passport.custody.hold]
        kinds = {party: teller.role(party) for party in parties}
        seller = ("", "", "", "")
        if passport is not None:
            sale = sale_of(passport, status_of(passport), kinds)
            seller = seller_of(sale, teller) if sale is not None else seller
        return Case(
            scan=scan, passport=passport, integrity=integrity, recalls=tuple(recalls.values()), holds=tuple(holds.values()),
            kinds=kinds, upload_closed=bool(gtin) and any(registry.upload_closed(gtin, lot) for lot in lots if lot),
            lot_known=self._lot_known(scan), today=datetime.fromtimestamp(now / 1000, UTC).astimezone(_HOME).date().isoformat(),
            scans=self._counted(scan.uri, now, address), answer=answer, seller=seller,
        )  # fmt: skip

    def _lot_known(self, scan: Scan) -> bool:
        if scan.uri or not scan.lot:
            return True
        hits = self._graph.search(f"{scan.gtin} {scan.lot}", limit=1)
        return any(hit.lot == scan.lot for hit in hits)

    def _counted(self, epc: str, now: int, address: str) -> int:
        if not epc:
            return 0
        try:
            if not self._visitors.again(address, epc):
                self._scans.record(epc, now)
            return self._scans.count(epc, now)
        except (LogFullError, StoreError) as error:  # a number that is missing shall keep nobody from the answer
            _log.warning("scans_not_counted", error=str(error))
            return 0


def seller_of(sale: Sale, teller: Teller) -> tuple[str, str, str, str]:
    """Kind, city, first and last day of a sale where it took place."""
    first, last = teller.when(sale.first, sale.location), teller.when(sale.last, sale.location)
    return teller.role(sale.party), teller.city(sale.party, sale.location), first.local[:10], last.local[:10]


def _gtin(scan: Scan, passport: Passport | None) -> str:
    return scan.gtin or (passport.unit.gtin if passport is not None else "")


def _lots(scan: Scan, passport: Passport | None) -> list[str]:
    """Every lot that the label or the record names: where they differ a recall of either counts."""
    recorded = (passport.unit.shown.lot, passport.unit.lot) if passport is not None else ()
    return list(dict.fromkeys(lot for lot in (scan.lot, scan.key.lot, *recorded) if lot)) or [""]


def _maker(registry: Registry, product: Product | None, scan: Scan) -> str:
    """Of the registered product, else whose prefix the code is under: known even where nothing of the record may be shown."""
    for party in (product.maker if product is not None else "", registry.owner_of(scan.key.uri)):
        found = registry.party(party) if party else None
        if found is not None and found.role == "maker":
            return found.name
    return ""
