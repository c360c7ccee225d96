"""Finding codes, how bad each is, and what an inspector should understand by it.

Source of the alert classes: table "Alerts a verification system must raise" in ARCHITECTURE.md. Severities: info is
for the record, low is for whoever looks, medium makes a unit suspect, high rejects the event.
"""

from __future__ import annotations

INFO, LOW, MEDIUM, HIGH = "info", "low", "medium", "high"
RANKS = {INFO: 0, LOW: 1, MEDIUM: 2, HIGH: 3}

SEVERITY: dict[str, str] = {
    # nothing odd, but worth a line in the record
    "repeat": INFO,
    "emptied": INFO,
    "no_effect": INFO,
    "implied_unpack": INFO,
    "late": INFO,
    "too_old": LOW,
    "after_decommissioning": INFO,
    "displaced": LOW,
    "concealed_shortage": INFO,
    "empty_returned": INFO,
    "legacy_stock": INFO,
    # holes in the chain: somebody did not record his part
    "no_shipment": LOW,
    "no_receipt": LOW,
    "order_conflict": LOW,
    "readdressed": LOW,
    "packed_in_transit": LOW,
    "not_in_transit": LOW,
    "hold_not_by_holder": LOW,
    "dispensed_twice_here": LOW,
    "late_return": LOW,
    "clock_error": LOW,
    "balance_short": LOW,
    "origin_disputed": LOW,
    "container_silent": LOW,
    "not_in_container": LOW,
    # suspect
    "unknown_origin": MEDIUM,
    "diversion": MEDIUM,
    "not_where_inferred": MEDIUM,
    "used_in_transit": MEDIUM,
    "handled_without_custody": MEDIUM,
    "ended_without_custody": MEDIUM,
    "packed_elsewhere": MEDIUM,
    "part_elsewhere": MEDIUM,
    "two_containers": MEDIUM,
    "aggregation_circle": MEDIUM,
    "on_hold": MEDIUM,
    "not_entitled": MEDIUM,
    "suspect_input": MEDIUM,
    "lot_mismatch": MEDIUM,
    "expiry_mismatch": MEDIUM,
    "post_dated": MEDIUM,
    "time_contradiction": MEDIUM,
    "not_received": MEDIUM,
    # does not hold
    "shipped_without_custody": HIGH,
    "backdated": HIGH,
    "already_commissioned": HIGH,
    "not_entitled_to_commission": HIGH,
    "sale_not_by_holder": HIGH,
    "repeat_dispensing": HIGH,
    "over_content": HIGH,
    "after_end": HIGH,
    "origin_missing": HIGH,
    "impossible_travel": HIGH,
}


def severity(code: str) -> str:
    """info | low | medium | high; KeyError for a code that does not exist."""
    return SEVERITY[code]


def worse(one: str, other: str) -> str:
    """The worse of two severities."""
    return one if RANKS[one] >= RANKS[other] else other
