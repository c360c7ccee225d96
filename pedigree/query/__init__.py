"""The query language of EPCIS 2.0 (SimpleEventQuery, section 8.2.7.1), pure: what may be asked, what an event holds that can be
asked for, and whether the one fits the other.

`matches` is the meaning. A store may answer faster with its indexes, but never differently; subscriptions use it directly.
"""

from __future__ import annotations

from pedigree.query.fields import field_name, fields_of
from pedigree.query.match import Subject, matches, sort_value, subject
from pedigree.query.model import Condition, EventQuery, FieldName, Match, Places, Role, Span, Viewer
from pedigree.query.patterns import Pattern, pattern
from pedigree.query.values import Value, value_of

__all__ = [
    "Condition",
    "EventQuery",
    "FieldName",
    "Match",
    "Pattern",
    "Places",
    "Role",
    "Span",
    "Subject",
    "Value",
    "Viewer",
    "field_name",
    "fields_of",
    "matches",
    "pattern",
    "sort_value",
    "subject",
    "value_of",
]
