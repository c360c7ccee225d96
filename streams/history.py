"""A unit's own record at read time: compared with the ledger and the graph, refolded as known at a moment, proven.

Nothing here trusts a row because it is stored: leaves are projected again from the entries, chained again, folded again,
and only what agrees everywhere is shown as the truth.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from graph.model import UnitRows
from graph.port import GraphReader
from graph.project import identity
from ledger.port import Ledger
from ledger.proofs import unit_proof
from ledger.verify import verify_unit
from pedigree.custody.history import Consortium
from pedigree.custody.row import Row, decode_row
from pedigree.custody.steps import Kind
from pedigree.errors import ProofError
from pedigree.eventhash import event_hash
from pedigree.messages import Entry, Packed, Shown, Stay, Verdict, event_bytes
from pedigree.ports import Integrity
from pedigree.seal import KeyRing, PrivateKey
from streams.refolding import Whole, refolded, whole
from streams.store import CustodyStore, unpack_row

UNKNOWN = Integrity("unknown", (), 0, 0, 0)
MAX_EVENTS = 40
"""Event rows that are hashed again for one page, the latest ones."""


class UnitHistory:
    """`pedigree.ports.History` over the embedded or the real stores. `issuer`, `key`: who signs proof files;
    `ring`: the published keys; `stores`: the custody store for the calling thread."""

    def __init__(
        self,
        stores: Callable[[], CustodyStore],
        ledger: Ledger,
        graph: GraphReader,
        consortium: Consortium,
        *,
        issuer: str,
        key: PrivateKey,
        ring: KeyRing,
        clock: Callable[[], int],
    ) -> None:
        self._stores, self._ledger, self._graph, self._consortium = stores, ledger, graph, consortium
        self._issuer, self._key, self._ring, self._clock = issuer, key, ring, clock

    @property
    def _store(self) -> CustodyStore:
        return self._stores()

    # --- integrity -----------------------------------------------------------------------------------------------------

    def integrity(self, epc: str) -> Integrity:
        own = self._look(epc)
        if own.state == "unknown":
            return own
        differs, state = list(own.differs), own.state
        for container in self._containers(epc):
            above = self._look(container)
            differs.extend(above.differs)
            if above.state == "catching_up" and state == "ok":
                state = "catching_up"
        if differs:
            state = "differs"
        return Integrity(state, tuple(differs), own.leaves, own.anchored, own.checkpoint_ms)

    def _containers(self, epc: str) -> list[str]:
        """Every container that the unit was ever in, and theirs, as the graph has it."""
        found: dict[str, None] = {}
        edge = [epc]
        for _ in range(6):
            above: list[str] = []
            for unit in edge:
                rows = self._graph.unit_rows(unit)
                above.extend(p.container for p in (rows.packed if rows is not None else []) if p.container not in found)
            found.update((container, None) for container in above)
            edge = above
            if not edge or len(found) > 20:
                break
        return list(found)

    def _look(self, epc: str) -> Integrity:
        """One unit against its ledger and graph rows; tried again once if something was written in between."""
        result = UNKNOWN
        for _ in range(2):
            result, moved = self._look_once(epc)
            if not moved:
                break
        return result

    def _look_once(self, epc: str) -> tuple[Integrity, bool]:
        located = self._store.located(epc)
        rows = self._graph.unit_rows(epc)
        if located is None:
            if rows is None:
                return UNKNOWN, False
            return Integrity("differs", (f"custody.unit {epc} is missing",), rows.n, 0, 0), True
        data, partition, number = located
        try:
            one = whole(epc, decode_row(unpack_row(data)), self._consortium, self._store)
        except (msgspec.DecodeError, ValueError, KeyError) as broken:
            return Integrity("differs", (f"custody.unit {epc} can't be read: {broken}",), 0, 0, 0), False
        differs = list(one.differs)
        ledger = verify_unit(self._ledger, one.key, one.leaves, self._ring)
        differs.extend(ledger.differs)
        if ledger.state == "ahead" and self._store.located(epc) == located:
            differs.append(f"custody.unit {epc} has fewer leaves than the ledger")
        elif ledger.unit is not None and ledger.known == one.row.n and ledger.unit.judged and ledger.unit.open != one.row.open:
            differs.append(f"custody.unit {epc} (open state)")
        state = "catching_up" if ledger.state == "catching_up" else "ok"
        if number >= self._store.progress(partition).number:
            differs.append(f"custody.unit {epc} (number or partition: there is no such decision)")
        elif rows is None or rows.number < number:
            # The projector will bring it; nothing that is shown can be wrong by that.
            behind = self._graph.progress(f"decisions/{0 if rows is None else rows.generation}/{partition}")[0] <= number
            if not behind:
                differs.append(f"graph.unit {epc} is missing or old")
            state = "catching_up"
        elif rows.number == number:
            differs.extend(self._compare(one, rows, partition))
            differs.extend(self._compare_events(one))
        elif self._store.located(epc) == located:
            differs.append(f"graph.unit {epc} has a decision that custody has not")
        moved = self._store.located(epc) != located
        word = "differs" if differs else state
        return Integrity(word, tuple(differs), len(one.leaves), ledger.anchored, ledger.checkpoint_ms), moved

    def _compare(self, one: Whole, rows: UnitRows, partition: int) -> list[str]:
        tick, wake = self._store.progress(partition).tick, one.row.wake
        if 0 < wake <= tick:
            tick = wake - 1  # of thousands that one tick wakes this one's turn is still to come
        again = refolded(one, self._consortium, self._store, tick)
        found = []
        if (rows.key, rows.partition, rows.n, rows.acc) != (one.key, partition, one.row.n, one.row.acc):
            found.append(f"graph.unit {one.unit} (key, partition, count or chain)")
        own = identity(one.unit)
        if rows.identity is not None and rows.identity != own._replace(lot=again.shown.lot or own.lot):
            found.append(f"graph.unit {one.unit} (product, serial or lot)")
        for name, mine, theirs in (
            ("unit", again.shown, rows.shown),
            ("stay", again.stays, rows.stays),
            ("packed", again.packed, rows.packed),
            ("verdict", again.verdicts, sorted(rows.verdicts, key=_verdict_key)),
        ):
            if mine != theirs:
                found.append(f"graph.{name} {one.unit}")
        if again.shown != one.row.shown:
            found.append(f"custody.unit {one.unit} (what is shown)")
        return found

    def _compare_events(self, one: Whole) -> list[str]:
        found = []
        events = [e for e in one.entries if e.kind in (Kind.EVENT, Kind.DECLARATION)][-MAX_EVENTS:]
        for entry in events:
            row = self._graph.event(entry.event, entry.declared)
            if row is None or not _hashes_to(row.json, entry.event):
                found.append(f"graph.event {entry.event.hex()}")
        return found

    # --- as known at, proof --------------------------------------------------------------------------------------------

    def known_at(self, epc: str, record_time: int) -> tuple[Shown, list[Verdict], list[Stay], list[Packed]] | None:
        data = self._store.row(epc)
        if data is None:
            return None
        one = whole(epc, decode_row(data), self._consortium, self._store)
        entries = [known for entry in one.entries if (known := _known(entry, record_time)) is not None]
        if not entries:
            return None
        again = refolded(msgspec.structs.replace(one, entries=entries), self._consortium, self._store, record_time)
        return again.shown, again.verdicts, again.stays, again.packed

    def proof(self, epc: str) -> bytes | None:
        data = self._store.row(epc)
        if data is None:
            return None
        row = decode_row(data)
        one = whole(epc, row, self._consortium, self._store)
        if one.differs:
            raise ProofError(f"the record of {epc} does not agree with itself: {one.differs[0]}")
        return unit_proof(
            self._ledger,
            epc=epc,
            consortium=self._consortium.of(row.key_version),
            leaves=one.leaves,
            claims=_claims(row),
            issuer=self._issuer,
            key=self._key,
            ring=self._ring,
            now_ms=self._clock(),
        )


def _claims(row: Row) -> list[dict[str, object]]:
    shown = row.shown
    if shown is None:
        return []
    return [{"verdict": shown.verdict, "chain": shown.chain, "status": shown.status, "lot": shown.lot, "expiry": shown.expiry}]


def _known(entry: Entry, record_time: int) -> Entry | None:
    """The entry as it was at a record time, None if nobody had said it yet."""
    attestations = tuple(a for a in entry.attestations if a.record_time <= record_time)
    if not attestations:
        return None
    return msgspec.structs.replace(entry, attestations=attestations)


def _hashes_to(event_json: bytes, expected: bytes) -> bool:
    """Whether the event hashes to it, in either notation: values like `a:b` are names in JSON-LD and plain text in XML."""
    try:
        event = msgspec.json.decode(event_json)
        return any(event_bytes(event_hash(event, {}, curies=curies)) == expected for curies in (True, False))
    except (msgspec.DecodeError, ValueError, TypeError, KeyError):
        return False


def _verdict_key(verdict: Verdict) -> tuple[bytes, int, str, int]:
    return (verdict.event, verdict.kind, verdict.source, verdict.declared)

