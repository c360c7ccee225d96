"""Events of all five types with every standard field, and extensions wherever they may stand."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pedigree.cbv import WORDS

NAMESPACES = {
    "example": "https://ns.example.com/epcis/",
    "other": "https://ns.example2.com/epcis",
    "rail": "urn:gs1:epcisapp:rail:",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
}

digits = st.text("0123456789", min_size=5, max_size=5)
names = st.text("ABCabc019-_", min_size=1, max_size=6).map(lambda text: "v" + text)
_FORMS = (
    *("urn:epc:id:giai:4012345.A{}", "urn:epc:id:gsrn:401234567890.{}", "urn:epc:id:gsrnp:401234567890.{}"),
    *("urn:epc:id:gdti:4012345.{}.D1", "urn:epc:id:sgcn:4012345.{}.7", "urn:epc:id:cpi:4012345.{}.12"),
    *("urn:epc:id:ginc:4012345.{}", "urn:epc:id:gsin:40123456789.{}", "urn:epc:id:itip:4012345.0{}.01.02.S"),
    *("urn:epc:id:upui:4012345.0{}.TP", "urn:epc:id:bic:X{}", "urn:epc:id:imovn:{}"),
    *("https://id.gs1.org/8006/0401234{}120102/21/1", "https://example.com/a/8004/4012345{}?x=1"),
)
"""One number of five digits each."""
epcs = st.one_of(
    digits.map(lambda text: f"urn:epc:id:sgtin:4012345.0{text}.{text}"),
    digits.map(lambda text: f"urn:epc:id:sscc:4012345.{text}{text}"),
    digits.map(lambda text: f"urn:epc:id:grai:4012345.{text}.9"),
    digits.map(lambda text: f"https://example.com/01/0401234{text}12/10/LOT/21/{text}"),
    digits.map(lambda text: f"urn:uuid:374d95fc-9457-4a51-bd6a-0bba133{text}"),
    st.builds(lambda form, text: form.format(text), st.sampled_from(_FORMS), digits),
)
classes = st.one_of(
    digits.map(lambda text: f"urn:epc:class:lgtin:4012345.0{text}.L"),
    digits.map(lambda text: f"urn:epc:idpat:sgtin:4012345.0{text}.*"),
)
places = st.one_of(
    digits.map(lambda text: f"urn:epc:id:sgln:4012345.{text}.0"),
    digits.map(lambda text: f"https://id.gs1.org/414/40123450{text}/254/A"),
)
parties = digits.map(lambda text: f"urn:epc:id:pgln:4012345.{text}")
times = st.builds(
    lambda day, clock, fraction, zone: f"2024-{day}T{clock}{fraction}{zone}",
    st.sampled_from(["01-01", "02-29", "12-31"]),
    st.sampled_from(["00:00:00", "12:30:59", "23:59:58"]),
    st.sampled_from(["", ".5", ".123", ".1235", ".1245", ".99949", ".1234567"]),
    st.sampled_from(["Z", "+01:00", "-06:00", "+05:30"]),
)
numbers = st.sampled_from([0, 5, -3, 26.0, 12.1, 1e-07, 1e22, 10**17])
texts = st.one_of(
    names,
    epcs,
    st.sampled_from(["007", "7.0", "+4", "-3.50", ".5", "1.", "12345678901234567890", " 12 ", "2019-10-07", "true", "", "A b"]),
    st.sampled_from(["urn:epcglobal:cbv:bizstep:x", "gs1:Foo", "example:thing", "rail:x:y", "none:z"]),
)
prefixes = st.sampled_from(["example", "example", "other", "rail"])
keys = st.builds(lambda prefix, name: f"{prefix}:{name}", prefixes, st.sampled_from("abcde"))
scalars = texts | numbers
nested = st.recursive(
    scalars,
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3) | st.lists(scalars, min_size=1, max_size=3),
    max_leaves=6,
)
extensions = st.dictionaries(keys, nested, max_size=3)
flat_extensions = st.dictionaries(keys, scalars, max_size=2)


def words(kind: Any, urn: str) -> st.SearchStrategy[str]:
    known = st.sampled_from(sorted(WORDS[kind]))
    urns = known.map(lambda word: f"urn:epcglobal:cbv:{urn}:{word}")
    return st.one_of(known, urns, names.map(lambda name: f"http://voc.example.com/{name}"))


def record(
    required: dict[str, Any], optional: dict[str, Any], more: st.SearchStrategy[Any] = extensions
) -> st.SearchStrategy[Any]:
    return st.builds(lambda own, extra: {**extra, **own}, st.fixed_dictionaries(required, optional=optional), more)


quantities = st.lists(record({"epcClass": classes}, {"quantity": numbers, "uom": st.just("KGM")}), max_size=3)
uris = st.sampled_from(["https://example.org/8004/401234599999", "https://www.ncbi.nlm.nih.gov/taxonomy/1126011"])
metadata = {"time": times, "startTime": times, "endTime": times, "deviceID": uris, "rawData": uris, "bizRules": uris}
report = {
    **dict.fromkeys(("deviceID", "bizRules", "microorganism", "chemicalSubstance"), uris),
    **dict.fromkeys(("uriValue", "coordinateReferenceSystem"), uris),
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), numbers),
    "time": times,
    "component": st.sampled_from(sorted(WORDS["component"])),
    "exception": st.sampled_from(sorted(WORDS["exception"])),
    "stringValue": names,
    "uom": st.just("CEL"),
}
reports = record({"type": st.sampled_from(sorted(WORDS["measurement"]))}, report, flat_extensions)
sensors = record(
    {"sensorReport": st.lists(reports, min_size=1, max_size=2)},
    {"sensorMetadata": record({}, metadata, flat_extensions)},
)
place = record({"id": places}, {})
dispositions = st.lists(words("disposition", "disp"), min_size=1, max_size=2)


def references(kind: Any, urn: str, name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    one = st.builds(lambda type_, value: {"type": type_, name: value}, words(kind, urn), values)
    return st.lists(one, min_size=1, max_size=3)


common = {
    "recordTime": times,
    "eventID": st.just("urn:uuid:1"),
    "certificationInfo": st.lists(uris, min_size=1, max_size=2),
    "errorDeclaration": record({"declarationTime": times}, {"reason": words("er", "er")}),
    "bizStep": words("bizStep", "bizstep"),
    "disposition": words("disposition", "disp"),
    "persistentDisposition": st.fixed_dictionaries({}, optional={"set": dispositions, "unset": dispositions}),
    "readPoint": place,
    "bizLocation": place,
    "bizTransactionList": references("btt", "btt", "bizTransaction", names.map("urn:epcglobal:cbv:bt:4012345000009:{}".format)),
    "sourceList": references("sdt", "sdt", "source", parties),
    "destinationList": references("sdt", "sdt", "destination", places),
    "sensorElementList": st.lists(sensors, min_size=1, max_size=2),
    "ilmd": extensions,
}
epc_lists = st.lists(epcs, max_size=4)
whats = {
    "ObjectEvent": {"epcList": epc_lists, "quantityList": quantities},
    "AggregationEvent": {"parentID": epcs, "childEPCs": epc_lists, "childQuantityList": quantities},
    "AssociationEvent": {"parentID": epcs, "childEPCs": epc_lists, "childQuantityList": quantities},
    "TransactionEvent": {"parentID": epcs, "epcList": epc_lists, "quantityList": quantities},
    "TransformationEvent": {
        **dict.fromkeys(("inputEPCList", "outputEPCList"), epc_lists),
        **dict.fromkeys(("inputQuantityList", "outputQuantityList"), quantities),
        "transformationID": st.just("urn:epc:id:gdti:4012345.55555.1234"),
    },
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(whats)))
    action = {} if kind == "TransformationEvent" else {"action": st.sampled_from(["ADD", "OBSERVE", "DELETE"])}
    required = {"type": st.just(kind), "eventTime": times, "eventTimeZoneOffset": st.sampled_from(["+01:00", "-06:00"]), **action}
    event = draw(record(required, {**whats[kind], **common}))
    order = draw(st.permutations(sorted(event)))
    return {key: event[key] for key in order}
