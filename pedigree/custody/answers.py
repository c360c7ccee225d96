"""A container answers its children's probes, again whenever its past changes."""

from __future__ import annotations

from pedigree.custody.edges import Outgoing
from pedigree.custody.fold import Fold
from pedigree.custody.history import History
from pedigree.custody.leaf import decode_leaf
from pedigree.custody.open import Open, Turn
from pedigree.custody.row import Row
from pedigree.custody.steps import Kind
from pedigree.custody.timeline import answer
from pedigree.messages import Entry, Observation, Quote


def answer_probes(history: History, old: Row, new: Row, outgoing: Outgoing, revision: tuple[int, int]) -> None:
    """Answers to new probes, and to old ones whose window the change touches; questions to one's own container."""
    turns = new.closed()
    since = _first_difference(old.closed(), turns)
    probes = dict(history.probes)
    if since is not None:
        for probe in history.archive.probes(history.unit, since):
            probes.setdefault(probe.identity, probe)
    whole: list[Turn] | None = None
    for probe in probes.values():
        if probe.asker is None or probe.place is None:
            continue
        if not probe.alive:
            if probe.identity in history.probes:
                # The asker no longer wants to know; an answer that it keeps all the same would depend on order.
                _reply(history, probe, Quote(history.unit, (), revision, known=False), outgoing)
                _withdraw(history, probe, outgoing)
            continue
        if new.start and turns and probe.place < turns[0].place:
            whole = whole if whole is not None else _whole(history)
            _answer(history, whole, probe, outgoing, revision)
        else:
            _answer(history, turns, probe, outgoing, revision)


def _answer(history: History, turns: list[Turn], probe: Entry, outgoing: Outgoing, revision: tuple[int, int]) -> None:
    changes, asks = answer(turns, probe, history.coder)
    known = {quote.container for quote in probe.quotes if quote.known}
    fresh = probe.identity in history.asked_anew
    for container in asks:
        if fresh or container not in known:
            outgoing.sent.append(Observation(container, _forward(probe, outgoing, alive=True)))
    if changes is not None:
        _reply(history, probe, Quote(history.unit, tuple(changes), revision), outgoing)


def _reply(history: History, probe: Entry, quote: Quote, outgoing: Outgoing) -> None:
    assert probe.asker is not None  # answer_probes has looked
    event, kind, source = probe.asker
    stub = Entry(event=event, kind=kind, step=probe.step, time=probe.time, source=source)
    outgoing.sent.append(Observation(probe.source, stub, answer=quote))


def _withdraw(history: History, probe: Entry, outgoing: Outgoing) -> None:
    """Take back what was asked further up on behalf of this probe."""
    for quote in probe.quotes:
        if quote.known:
            outgoing.sent.append(Observation(quote.container, _forward(probe, outgoing, alive=False)))


def _forward(probe: Entry, outgoing: Outgoing, *, alive: bool) -> Entry:
    place = probe.place
    assert place is not None  # answer_probes has looked
    asker = (probe.event, int(Kind.PROBE), probe.source)
    return outgoing.probe(asker, place, probe.until, alive=alive, chain=probe.ancestors)


def _first_difference(before: list[Turn], after: list[Turn]) -> int | None:
    """Time of the first turn that differs, None if none does."""
    if before == after:
        return None
    for one, other in zip(before, after, strict=False):
        if one != other:
            return min(one.place[0], other.place[0])
    longer = before if len(before) > len(after) else after
    return longer[min(len(before), len(after))].place[0]


def _whole(history: History) -> list[Turn]:
    """The timeline from the beginning, for a question about a time that the row no longer holds."""
    history.load_archive()
    fold = Fold(Open(), [decode_leaf(leaf) for leaf in history.latest().values()])
    fold.open()
    fold.close()
    return fold.turns
