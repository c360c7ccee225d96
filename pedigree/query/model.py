"""What a query asks for. Everything is in canonical form: identifiers as Digital Links, CBV words bare, times in ms UTC."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

import msgspec

from pedigree.query.patterns import Pattern
from pedigree.query.values import Value

Operator = Literal["EQ", "GT", "GE", "LT", "LE", "EXISTS"]


class Role(IntEnum):
    """In what place an event names a thing."""

    EPC = 0
    PARENT = 1
    CHILD = 2
    INPUT = 3
    OUTPUT = 4
    CLASS = 5
    CHILD_CLASS = 6
    INPUT_CLASS = 7
    OUTPUT_CLASS = 8
    TRANSFORMATION = 9


INSTANCES = (Role.EPC, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)


class FieldName(NamedTuple):
    """One field that can be asked for (`pedigree.query.fields`). `section`: where in the event; `name`: `{namespace}local` of an
    extension, or the standard's word; `alias`: instead of a name, an extension as the event itself spells it (`prefix:local`)."""

    section: str
    name: str
    alias: str = ""


class Span(NamedTuple):
    """Half-open [ge, lt); None = no bound."""

    ge: int | None = None
    lt: int | None = None

    def holds(self, time: int) -> bool:
        return (self.ge is None or time >= self.ge) and (self.lt is None or time < self.lt)


class Match(msgspec.Struct, frozen=True):
    """One of the things that the event names in one of the roles fits one of the patterns."""

    roles: tuple[Role, ...]
    patterns: tuple[Pattern, ...]


class Places(msgspec.Struct, frozen=True):
    """The place is one of these. `within`: the places below them count too (WD_): their own SGLN extensions here, and those
    that master data names, which whoever asks has put among the patterns."""

    patterns: tuple[Pattern, ...]


class Condition(msgspec.Struct, frozen=True):
    """A field, under any of its names, has a value for which the operator holds. EQ takes several values, EXISTS none."""

    fields: tuple[FieldName, ...]
    operator: Operator
    values: tuple[Value, ...] = ()


class EventQuery(msgspec.Struct, frozen=True):
    """All of these must hold; an empty tuple asks for nothing."""

    types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    biz_steps: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    event_time: Span = Span()
    record_time: Span = Span()
    read_points: tuple[Places, ...] = ()
    biz_locations: tuple[Places, ...] = ()
    matches: tuple[Match, ...] = ()
    event_ids: tuple[str, ...] = ()
    """eventIDs; an event is also found by the URI of its hash."""
    declared: bool | None = None
    declaration_time: Span = Span()
    conditions: tuple[Condition, ...] = ()
    order_by: Literal["eventTime", "recordTime"] | FieldName = "eventTime"
    descending: bool = True


class Viewer(msgspec.Struct, frozen=True):
    """Whose eyes: a party sees events that it attested, that name it, and those about units that it asked for by name and had
    (`held`)."""

    party: str
    held: tuple[str, ...] = ()
