"""What an EPCIS 2.0 document must fulfil before Medtrace takes it in: structure, vocabulary, identifiers, meaning."""

from __future__ import annotations

from services.epcis.validation import validate, warnings

__all__ = ["validate", "warnings"]
