"""All edges of a unit as they follow from its history now: what is sent again when nobody knows what was sent."""

from __future__ import annotations

import msgspec

from pedigree.custody.answers import answer_probes
from pedigree.custody.edges import Outgoing
from pedigree.custody.fold import Fold
from pedigree.custody.history import Consortium, History
from pedigree.custody.leaf import decode_leaf
from pedigree.custody.open import Open
from pedigree.custody.row import Archive, Row
from pedigree.custody.steps import Kind, Step
from pedigree.custody.telling import TELLS, empties, take_back, tell
from pedigree.messages import Observation


def retell(
    unit: str, row: Row, consortium: Consortium, archive: Archive, revision: tuple[int, int]
) -> list[Observation]:
    """Every edge, the ends of those that no longer hold, and the answer to every probe. Receivers recognise repeats."""
    history = History(unit, row, consortium, archive)
    if row.start:
        history.load_archive()
        row = _unarchived(history, row)
    outgoing = Outgoing(unit, history.coder, archive, revision)
    tell(history, Row(), row, outgoing)
    take_back(history, history.entries, row, outgoing)
    _end(history, row, outgoing)
    for probe in archive.probes(unit, 0):
        history.probes[probe.identity] = probe
        history.asked_anew.add(probe.identity)
    answer_probes(history, Row(), row, outgoing, revision)
    return outgoing.sent


def _unarchived(history: History, row: Row) -> Row:
    """The row with its timeline from the beginning: what lies in the archive tells, too."""
    fold = Fold(Open(), [decode_leaf(leaf) for leaf in history.latest().values()])
    fold.open()
    fold.close()
    return msgspec.structs.replace(row, timeline=fold.turns, ending=[], ending_cut=None)


def _end(history: History, row: Row, outgoing: Outgoing) -> None:
    """What does not act may have acted when it was last told; what lets everything out may have let out others then."""
    acting = {turn.by for turn in row.closed()}
    packed = {
        member
        for entry in history.entries.values()
        if entry.kind == Kind.EVENT and entry.step == Step.PACK
        for member in history.members(entry.event)
    }
    for entry in history.entries.values():
        if entry.kind != Kind.EVENT or not (entry.step in TELLS or empties(entry)):
            continue
        if (entry.event, entry.kind, history.coder.code(entry.source)) not in acting:
            outgoing.turned(entry, None, None, sorted({*history.members(entry.event), *(packed if empties(entry) else ())}), ())
        elif empties(entry):
            told = {o.unit for o in outgoing.sent if o.entry.event == entry.event}
            outgoing.turned(entry, None, None, sorted(packed - told), ())
