"""The CBV 2.0 event hash (section 8.9): one name for one event, whatever its notation.

`ni:///sha-256;<hex>?ver=CBV2.0` over a canonical string (`prehash`). It says nothing of recordTime, eventID and errorDeclaration.
"""

from __future__ import annotations

from pedigree.eventhash.hasher import Hasher, event_hash, prehash

__all__ = ["Hasher", "event_hash", "prehash"]
