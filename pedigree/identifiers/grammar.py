"""The GS1 keys that can head a Digital Link URI: their values, their qualifiers, their check digits.

Source: GS1 Digital Link URI syntax, sections 4.5 to 4.9; lengths from GS1 General Specifications, section 3.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class KeyRule(NamedTuple):
    """One primary key."""

    value: re.Pattern[str]
    """The percent-decoded value."""
    qualifiers: tuple[str, ...] = ()
    """AIs that may follow in the path, in path order."""
    checked: int = 0
    """How many leading digits of the value end in a check digit; 0: the key has none."""
    identifying: tuple[str, ...] = ()
    """Qualifiers of which only the first one present stays in the canonical URI, the finest level of identification; the
    others describe (CBV 2.0 section 8: a pack is the same pack with or without its lot). Empty: all of them stay."""


# The keys of free form start with four digits at least (a company prefix): without that, any web page at /401/ were a GINC.
KEYS: dict[str, KeyRule] = {
    "00": KeyRule(re.compile(r"[0-9]{18}"), checked=18),
    "01": KeyRule(re.compile(r"[0-9]{14}|[0-9]{12,13}|[0-9]{8}"), ("22", "10", "21", "235"), 14, ("21", "235", "10")),
    "253": KeyRule(re.compile(r"[0-9]{13}[!\"%-?A-Z_a-z]{0,17}"), checked=13),
    "255": KeyRule(re.compile(r"[0-9]{13,25}"), checked=13),
    "401": KeyRule(re.compile(r"[0-9]{4}[!\"%-?A-Z_a-z]{1,26}")),
    "402": KeyRule(re.compile(r"[0-9]{17}"), checked=17),
    "414": KeyRule(re.compile(r"[0-9]{13}"), ("254", "7040"), 13),
    "415": KeyRule(re.compile(r"[0-9]{13}"), ("8020",), 13),
    "417": KeyRule(re.compile(r"[0-9]{13}"), ("7040",), 13),
    "8003": KeyRule(re.compile(r"0[0-9]{13}[!\"%-?A-Z_a-z]{0,16}"), checked=14),
    "8004": KeyRule(re.compile(r"[0-9]{4}[!\"%-?A-Z_a-z]{1,26}"), ("7040",)),
    "8006": KeyRule(re.compile(r"[0-9]{18}"), ("22", "10", "21"), 14, ("21", "10")),
    "8010": KeyRule(re.compile(r"[0-9]{4}[#\-/0-9A-Z]{1,26}"), ("8011",)),
    "8013": KeyRule(re.compile(r"[0-9]{4}[!\"%-?A-Z_a-z]{1,21}")),
    "8017": KeyRule(re.compile(r"[0-9]{18}"), ("8019",), 18),
    "8018": KeyRule(re.compile(r"[0-9]{18}"), ("8019",), 18),
}

QUALIFIERS: dict[str, re.Pattern[str]] = {
    "10": re.compile(r"[!\"%-?A-Z_a-z]{1,20}"),
    "21": re.compile(r"[!\"%-?A-Z_a-z]{1,20}"),
    "22": re.compile(r"[!\"%-?A-Z_a-z]{1,20}"),
    "235": re.compile(r"[!\"%-?A-Z_a-z]{1,28}"),
    "254": re.compile(r"[!\"%-?A-Z_a-z]{1,20}"),
    "7040": re.compile(r"[0-9][!\"%-?A-Z_a-z]{3}"),
    "8011": re.compile(r"[0-9]{1,12}"),
    "8019": re.compile(r"[0-9]{1,10}"),
    "8020": re.compile(r"[!\"%-?A-Z_a-z]{1,25}"),
}

# Names that earlier releases of the Digital Link standard allowed in place of the digits; printed codes still carry them.
SHORT_NAMES: dict[str, str] = {
    "sscc": "00",
    "gtin": "01",
    "gdti": "253",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "payTo": "415",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "gmn": "8013",
    "gsrnp": "8017",
    "gsrn": "8018",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "tpx": "235",
    "glnx": "254",
    "cpsn": "8011",
    "srin": "8019",
    "refNo": "8020",
}

TITLES: dict[str, str] = {
    "00": "sscc",
    "01": "gtin",
    "10": "lot",
    "11": "produced",
    "17": "expiry",
    "21": "serial",
    "253": "gdti",
    "255": "gcn",
    "402": "gsin",
    "414": "gln",
    "415": "gln",
    "417": "gln",
    "8003": "grai",
    "8006": "itip",
    "8017": "gsrnp",
    "8018": "gsrn",
}
"""Names of AIs in messages to people; an AI without one is named by its digits."""
