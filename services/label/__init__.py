"""Codes to print: QR and GS1 DataMatrix."""

from __future__ import annotations

from services.label.make import label_file, label_of
from services.label.router import label_router

__all__ = ["label_file", "label_of", "label_router"]
