"""Bills of the Chinese drug traceability code platforms, read as lines: one bill with its kind, number, time, both companies and
a list of 20-digit codes, as companies upload them (`billforms` has the forms).

The platforms know companies by ids of their own: facts of the kind `alias` say which GLN each is. The codes stay what they are,
`urn:medtrace:china20:<20 digits>`, so that a bill and a pack's own code name one unit. Names and identity numbers of people in
a bill are not read: a ledger is no place for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pedigree.errors import DocumentError, Fault
from services.scan import billforms
from services.scan.lines import MOST, Line

MEDIA = billforms.JSON
"""The usual one; `MEDIAS` are all."""
MEDIAS = frozenset({billforms.JSON, billforms.XML, billforms.CSV})
BEIJING = "+08:00"
INTO: dict[int, str] = {
    101: "commissioning",  # production
    102: "receiving",  # purchase
    103: "receiving",  # return from a customer
    104: "receiving",  # transfer
    107: "receiving",  # supply
    108: "receiving",  # recall
    110: "receiving",  # free goods
}
OUT: dict[int, str] = {
    201: "shipping",  # sale
    202: "shipping",  # return to the supplier
    203: "shipping",  # transfer
    205: "destroying",
    206: "sampling",
    207: "shipping",  # direct delivery
    209: "shipping",  # supply
    211: "shipping",  # recall
    212: "shipping",  # free goods
    216: "destroying",  # scrapped
    237: "shipping",  # return of a direct delivery
    321: "retail_selling",
    322: "dispensing",  # vaccination
}
RETURNS = frozenset({103, 108, 202, 211, 237})
"""Bills whose goods go back: disposition `returned`."""
_NOT_MAPPED = "a kind that moves goods: " + ", ".join(str(kind) for kind in (*INTO, *OUT))


class Bill(msgspec.Struct):
    """The fields that are read; what else a bill has is left out."""

    bill_code: str
    bill_time: str
    bill_type: int | str
    trace_codes: str | list[str]
    ref_user_id: str = ""
    from_user_id: str = ""
    to_user_id: str = ""


class Bills(msgspec.Struct):
    """Lines, and what could not be mapped."""

    lines: list[Line] = []
    faults: list[Fault] = []


def read_bills(body: bytes, aliases: Mapping[str, str], media: str = MEDIA, site: str = "") -> Bills:
    """`aliases`: platform id -> GLN. `site`: whose bills they are, where they do not say it (a terminal's file never does).
    Raises DocumentError for a body that is no bill at all; what is wrong with one bill or code is a fault."""
    made = Bills()
    for number, raw in enumerate(billforms.bills_in(body, media), 1):
        _bill(f"bill {number}", raw, aliases, site, made)
        if len(made.lines) > MOST:
            raise DocumentError(f"more than {MOST} codes in one upload")
    if not made.lines and not made.faults:
        raise DocumentError("the upload has no bill in it")
    return made


def _bill(where: str, raw: Any, aliases: Mapping[str, str], site: str, made: Bills) -> None:
    try:
        bill = msgspec.convert(raw, Bill, strict=False)
    except msgspec.ValidationError as wrong:
        made.faults.append(Fault(where, str(wrong), "a bill with bill_code, bill_time, bill_type and trace_codes"))
        return
    where = f"{where} ({bill.bill_code[:60]})"
    kind = int(bill.bill_type) if str(bill.bill_type).isdigit() else 0
    step = INTO.get(kind) or OUT.get(kind, "")
    codes = list(_codes(bill.trace_codes))
    faults = [] if step else [Fault(f"{where}, bill_type", str(bill.bill_type)[:40], _NOT_MAPPED)]
    glns = {}
    for field in ("from_user_id", "to_user_id", "ref_user_id"):
        id = getattr(bill, field)
        glns[field] = aliases.get(id, id if len(id) == 13 and id.isdigit() else "")
        if id and not glns[field]:
            faults.append(Fault(f"{where}, {field}", id[:60], "a GLN, or an id with an alias"))
    own = glns["ref_user_id"] or site or glns["to_user_id" if kind in INTO else "from_user_id"]
    if step and not own and not faults:
        faults.append(Fault(f"{where}, ref_user_id", "nothing", "whose bill it is"))
    if faults:
        made.faults += faults
        return
    said = {"step": step, "time": bill.bill_time, "zone": BEIJING, "site": own, "document": bill.bill_code}
    if kind in INTO and step == "receiving" and glns["from_user_id"]:
        said["from"] = glns["from_user_id"]
    if step == "shipping" and glns["to_user_id"]:
        said["to"] = glns["to_user_id"]
    if kind in RETURNS:
        said["disposition"] = "returned"
    for place, code in enumerate(codes, 1):
        if not (len(code) == 20 and code.isdigit()):
            made.faults.append(Fault(f"{where}, code {place}", code[:60], "20 digits"))
            continue
        made.lines.append(Line(f"{where}, code {place}", {**said, "code": f"urn:medtrace:china20:{code}"}))


def _codes(given: str | list[str]) -> Iterator[str]:
    for part in [given] if isinstance(given, str) else given:
        yield from (code.strip() for code in part.split(",") if code.strip())
