"""Identifiers: one canonical name for one thing, from whatever form it came in.

Element strings, EPC URNs, GS1 Digital Link URIs, Chinese 20-digit codes, MA and HIBC device codes. Pure; no clock.
"""

from __future__ import annotations

from pedigree.errors import IdentifierError
from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.checkdigit import check_digit, has_valid_check_digit
from pedigree.identifiers.key import Key, Kind, describe, gln_of, is_logistic, matches_prefix
from pedigree.identifiers.label import digital_link, element_string, hri
from pedigree.identifiers.scan import Scan, Scheme, parse_scan
from pedigree.identifiers.shards import SHARDS, shard
from pedigree.identifiers.strict import faults
from pedigree.identifiers.urnform import prefix_length, to_urn

__all__ = [
    "SHARDS",
    "IdentifierError",
    "Key",
    "Kind",
    "Scan",
    "Scheme",
    "canonical",
    "check_digit",
    "describe",
    "digital_link",
    "element_string",
    "faults",
    "gln_of",
    "has_valid_check_digit",
    "hri",
    "is_logistic",
    "matches_prefix",
    "parse_scan",
    "prefix_length",
    "shard",
    "to_urn",
]
