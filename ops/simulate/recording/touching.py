"""Which claims name the packs of a fraud."""

from __future__ import annotations

from ops.simulate.labels.touches import Touch, Watches
from ops.simulate.recording.record import Record
from ops.simulate.truth.things import Pack


def touch(record: Record, watches: Watches) -> None:
    """Leave a touch at each watched code that the record names."""
    act = record.act
    if act.incident is not None:
        act.incident.events.append(record.event_id)
    if not watches.by_code:
        return
    for watch in watches.among(record.codes):
        role = "input" if act.outputs is not None else "child" if act.parent else "unit"
        _leave(record, watches, watch.code, role)
    for watch in watches.among(act.outputs or ()):
        _leave(record, watches, watch.code, "output")


def _leave(record: Record, watches: Watches, code: str, role: str) -> None:
    act, watch = record.act, watches.by_code[code]
    bodies = [thing for thing in act.things if thing.code == code]
    tainted = act.incident is watch.incident or any(
        isinstance(body, Pack) and body.tainted and body.incident is watch.incident for body in bodies
    )
    if tainted and act.incident is None:
        watch.incident.events.append(record.event_id)
    one = Touch(
        event=record.event_id,
        step=act.step,
        party=act.site.party.gln,
        site=act.site,
        claimed=record.claimed,
        slack=record.slack,
        sender=act.sender.party.gln if act.sender else "",
        receiver=act.receiver.party.gln if act.receiver else "",
        document=act.document,
        amount=act.amount,
        content=act.content,
        expiry=act.expiry or (act.lot.expiry if act.lot else ""),
        tainted=tainted,
        incident=watch.incident,
        role=role,
        parent=act.parent,
    )
    watch.touches.append(one)
    record.touches.append(one)
