"""Events as the custody code sees them."""

from __future__ import annotations

from typing import Any

import pytest

from pedigree.errors import DocumentError
from pedigree.events import Declaration, read_event
from pedigree.wire import parse
from tests.shared_documents import documents, present

OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2024-05-01T09:30:00.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    "action": "ADD",
    "bizStep": "urn:epcglobal:cbv:bizstep:commissioning",
    "disposition": "https://ref.gs1.org/cbv/Disp-active",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L1", "quantity": 2.5, "uom": "KGM"}],
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "bizLocation": {"id": "https://example.com/414/4012345000054"},
    "bizTransactionList": [{"bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:7"}],
    "sourceList": [{"type": "cbv:SDT-owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "destinationList": [{"type": "urn:epcglobal:cbv:sdt:possessing_party", "destination": "urn:epc:id:pgln:4023333.00000"}],
    "persistentDisposition": {"set": ["recalled"], "unset": ["urn:epcglobal:cbv:disp:active"]},
    "ilmd": {"cbvmda:lotNumber": "L1", "x:subLotNumber": "no", "cbvmda:itemExpirationDate": {"#text": "2026-05-01"}},
    "errorDeclaration": {
        "declarationTime": "2024-05-02T09:30:00Z",
        "reason": "urn:epcglobal:cbv:er:did_not_occur",
        "correctiveEventIDs": ["urn:uuid:1"],
    },
}


def test_every_dimension_is_read_in_one_notation() -> None:
    view = read_event(OBJECT)
    assert (view.type, view.action, view.biz_step, view.disposition) == ("ObjectEvent", "ADD", "commissioning", "active")
    assert (view.time, view.offset_minutes, view.date_only) == (1714527000000, 480, False)
    assert view.epcs == ("https://id.gs1.org/01/04012345111118/21/9876",)
    assert view.quantities == (("https://id.gs1.org/01/04012345111118/10/L1", 2.5, "KGM"),)
    assert view.read_point == view.biz_location == "https://id.gs1.org/414/4012345000054"
    assert view.sources == (("owning_party", "https://id.gs1.org/417/4012345000009"),)
    assert view.destinations == (("possessing_party", "https://id.gs1.org/417/4023333000000"),)
    assert view.biz_transactions == (("", "urn:epcglobal:cbv:bt:4012345000009:7"),)
    assert (view.set_dispositions, view.unset_dispositions) == (("recalled",), ("active",))
    assert view.declaration == Declaration(1714642200000, "did_not_occur", ("urn:uuid:1",))
    assert view.event_id == OBJECT["eventID"]


def test_master_data_is_found_by_its_local_name() -> None:
    view = read_event(OBJECT)
    assert view.ilmd_text("lotNumber") == "L1"
    assert view.ilmd_text("itemExpirationDate") == "2026-05-01"
    assert view.ilmd_text("countryOfOrigin") == ""


def test_what_an_event_does_not_have_is_empty() -> None:
    bare = {key: OBJECT[key] for key in ("type", "eventTime", "eventTimeZoneOffset")}
    view = read_event({**bare, "type": "TransformationEvent", "inputEPCList": [], "bizStep": "urn:medtrace:bizstep:onboarding"})
    assert view.biz_step == "urn:medtrace:bizstep:onboarding"
    assert (view.action, view.parent, view.transformation_id, view.read_point, view.declaration) == ("", "", "", "", None)
    assert view.input_epcs == view.output_epcs == view.children == view.quantities == ()


@pytest.mark.parametrize(
    ("time", "offset", "expected"),
    [
        ("2026-05-01T00:00:00+08:00", "+08:00", True),
        ("2026-04-30T16:00:00.000Z", "+08:00", True),
        ("2026-05-01T00:00:00Z", "+08:00", False),
        ("2026-05-01T00:00:00.001+08:00", "+08:00", False),
        ("2026-05-01T00:01:00+08:00", "+08:00", False),
    ],
)
def test_local_midnight_to_the_millisecond_is_a_date(time: str, offset: str, expected: bool) -> None:
    assert read_event({**OBJECT, "eventTime": time, "eventTimeZoneOffset": offset}).date_only is expected


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_date_without_a_time_of_day_says_so(flag: object) -> None:
    assert read_event({**OBJECT, "medtrace:dateOnly": flag}).date_only


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventTime": None},
        {"eventTime": "yesterday"},
        {"eventTimeZoneOffset": 8},
        {"readPoint": "urn:epc:id:sgln:4012345.00005.0"},
        {"quantityList": [{"quantity": 1}]},
        {"sourceList": ["x"]},
        {"errorDeclaration": {"reason": "did_not_occur"}},
        {"epcList": [7]},
    ],
)
def test_what_is_not_built_like_an_event_is_a_document_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        read_event({**OBJECT, **wrong})


def test_a_missing_time_is_named() -> None:
    with pytest.raises(DocumentError) as refused:
        read_event({"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00"})
    assert refused.value.faults[0].where == "/eventTime"


@present
@pytest.mark.parametrize("path", documents())
def test_all_published_events_can_be_read(path: Any) -> None:
    if path.name.startswith("Example-CaptureJob"):
        with pytest.raises(DocumentError):
            parse(path.read_bytes())
        return
    views = [read_event(event) for event in parse(path.read_bytes()).events]
    assert views
    assert all(view.time for view in views)
