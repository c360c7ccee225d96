"""Tables and columns of the dump, the same for every store: what `medtrace check` compares row by row."""

from __future__ import annotations

from typing import NamedTuple


class Spec(NamedTuple):
    """Columns of a table. `x@epc`, `x@hash`, `x@event`, `x@field` are references; the first key column leads the order."""

    key: str
    values: str = ""
    blob: bool = False
    """The last column is packed."""


SPECS: dict[str, Spec] = {
    "unit": Spec(
        "id@epc",
        "kind gtin serial lot generation partition number n number0 n0 key acc content loaded status possessor owner location "
        "addressee container@epc remaining hold chain verdict marks shown_lot expiry since",
    ),
    "stay": Spec("unit@epc t_from ord", "t_to status party owner location addressee event@hash inferred"),
    "packed": Spec("child@epc t_from ord", "t_to container@epc event@hash"),
    "verdict": Spec(
        "unit@epc event@hash kind source@epc declared",
        "step biz_step time place record_time actor location outcome applies proof attested party",
    ),
    "finding": Spec("unit@epc event@hash kind source@epc declared ord", "code severity evidence record_time party"),
    "sale": Spec("unit@epc event@hash", "time part party location applies counted"),
    "lot": Spec("gtin lot", "units"),
    "load": Spec("container@epc", "units"),
    "stock": Spec("container@epc gtin lot expiry party location addressee state", "quantity"),
    "consumption": Spec("party gtin day location", "quantity"),
    "document": Spec(
        "partition offset", "capture party record_time registry rules content_type digest seal context", blob=True
    ),
    "event": Spec(
        "key@hash declared",
        "type action biz_step disposition time record_time party actor location read_point@epc biz_location@epc event_id "
        "partition offset seq json",
        blob=True,
    ),
    "carried": Spec("partition offset seq", "event@event"),
    "event_unit": Spec("unit@epc time event@event role"),
    "event_field": Spec("field@field value time event@event"),
    "event_party": Spec("party@epc time event@event"),
    "master_data": Spec("element@epc vocabulary attribute", "value compared party record_time partition offset"),
    "undecidable": Spec("generation partition number ord", "offset raw reason"),
    "receipt": Spec("generation partition first", "last batch committed_ms size"),
    "progress": Spec("source", "next head"),
}
