"""From an event to its prehash string and its hash.

The order of the standard's fields, and where the rest goes, are those of the published vectors:

- fields with a place (`fields.EVENT`) come first, in that order;
- extensions of a part (readPoint, sensorElement, ...) stand at the end of that part when their namespace ends in `/`
  and they are not the part's only content;
- everything else (bizTransactionList, sourceList, destinationList, ilmd, extensions of the event, leftovers of parts)
  follows at the end, sorted by what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pedigree.eventhash.fields import EVENT, rest_of_event
from pedigree.eventhash.names import Names

Event = Mapping[str, Any]


class Hasher:
    """Hashes the events of one document: `namespaces` (prefix -> URI) are prepared once.

    `curies`: values such as `example:x` are short for URIs where their prefix is declared. So it is in JSON-LD; in XML a value
    stands for itself. (`gs1:` and `cbv:` are short in both.)
    """

    def __init__(self, namespaces: Mapping[str, str] | None = None, *, curies: bool = True) -> None:
        self._names = Names(namespaces or {}, curies)

    def prehash(self, event: Event) -> str:
        """The canonical string. Raises DocumentError when a time of the event is none."""
        names = self._names
        if "@context" in event:
            names = names.within(event["@context"])
        out, rest = ["eventType=", str(event.get("type", ""))], list[str]()
        for name, write in EVENT:
            value = event.get(name)
            if value is not None:
                write(names, name, value, out, rest)
        rest += rest_of_event(names, event)
        rest.sort()
        return "".join(out + rest)

    def digest(self, event: Event) -> bytes:
        """The 32 bytes of the hash."""
        return sha256(self.prehash(event).encode()).digest()

    def hash(self, event: Event) -> str:
        """The hash as a URI."""
        return f"ni:///sha-256;{sha256(self.prehash(event).encode()).hexdigest()}?ver=CBV2.0"


def prehash(event: Event, namespaces: Mapping[str, str] | None = None, *, curies: bool = True) -> str:
    """The canonical string of one event; `namespaces` of its document, prefix -> URI."""
    return Hasher(namespaces, curies=curies).prehash(event)


def event_hash(event: Event, namespaces: Mapping[str, str] | None = None, *, curies: bool = True) -> str:
    """`ni:///sha-256;<hex>?ver=CBV2.0` of one event; for many events of one document take one `Hasher`."""
    return Hasher(namespaces, curies=curies).hash(event)
