"""Merging an observation into a unit's history: whatever arrives, in whatever order and however often, the entry that
results is the same. Attestations by union, edges and answers by the highest revision."""

from __future__ import annotations

import msgspec

from pedigree.custody.project import effective
from pedigree.messages import Entry, Quote

MAX_QUOTES = 8
MAX_ATTESTATIONS = 16


def merge(old: Entry | None, new: Entry) -> Entry:
    """The entry that holds what both say; `old` itself when `new` adds nothing."""
    if old is None:
        return new
    if new.place is not None or old.place is not None:
        if new.revision <= old.revision:
            return old
        return msgspec.structs.replace(new, quotes=old.quotes)
    union = {*old.attestations, *new.attestations}
    if len(union) == len(old.attestations):
        return old
    kept = sorted(union)
    if len(kept) > MAX_ATTESTATIONS:
        # A document that is sent over and over adds nothing; the first words and the last ones are what can matter.
        first = effective(kept, 0)
        kept = sorted({*first[: MAX_ATTESTATIONS // 2], *kept[-MAX_ATTESTATIONS // 2 :]})
    if tuple(kept) == old.attestations:
        return old
    # Content that the registry decided at capture follows the earliest attestation, so that order of arrival is nothing.
    base = new if min(new.attestations) < min(old.attestations) else old
    return msgspec.structs.replace(base, attestations=tuple(kept), quotes=old.quotes)


def answered(entry: Entry, answer: Quote) -> Entry:
    """The entry with the container's answer; `entry` itself when it holds this or a later one."""
    quotes = {quote.container: quote for quote in entry.quotes}
    known = quotes.get(answer.container)
    if known is not None and answer.revision <= known.revision:
        return entry
    if known is None and len(quotes) >= MAX_QUOTES:
        return entry
    quotes[answer.container] = answer
    return msgspec.structs.replace(entry, quotes=tuple(quotes[name] for name in sorted(quotes)))
