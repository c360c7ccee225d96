"""Identifiers and words of an event in the form that the client asks for (GS1-EPC-Format, GS1-CBV-XML-Format)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pedigree.cbv import WEB_FORM, Kind, for_json
from pedigree.identifiers import canonical, matches_prefix, to_urn
from pedigree.registry import Registry
from pedigree.wire import shape
from services.query.accept import EpcFormat

Event = dict[str, Any]
Spell = Callable[[str], str]
_TYPED: dict[str, Kind] = {"bizTransactionList": "btt", "sourceList": "sdt", "destinationList": "sdt"}
_REPORT: dict[str, Kind] = {"type": "measurement", "exception": "exception", "component": "component"}
_THINGS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")


def epc_speller(form: EpcFormat, registry: Registry) -> Spell | None:
    """How one identifier is written; None when they stay as they were captured.

    An EPC URN shows where the company prefix ends, which a Digital Link does not: it comes from the registered parties.
    What has no URN, or whose prefix nobody registered, stays a Digital Link.
    """
    if form == "Never_Translates":
        return None
    if form == "Always_GS1_Digital_Link":
        return canonical

    @lru_cache(8_192)
    def urn(text: str) -> str:
        if not text.startswith(("http://", "https://")):
            return text
        key = canonical(text)
        owner = registry.party(registry.owner_of(key))
        lengths = sorted((len(one) for one in (owner.prefixes if owner else ()) if matches_prefix(key, one)), reverse=True)
        return next((found for length in lengths if (found := to_urn(key, length))), text)

    return urn


def with_epcs(event: Event, spell: Spell) -> Event:
    """The event with its identifiers in another form; extensions stay as they are."""
    made = dict(event)
    for name in shape.EPC_LISTS & made.keys():
        made[name] = _spelled(made[name], spell)
    for name in ("parentID", "transformationID"):
        if name in made:
            made[name] = _spelled(made[name], spell)
    for name in shape.QUANTITY_LISTS & made.keys():
        made[name] = [_fields(item, ("epcClass",), spell) for item in made[name]]
    for name in shape.PLACES & made.keys():
        made[name] = _fields(made[name], ("id",), spell)
    for name, field in shape.REFERENCES.items():
        if name in made:
            made[name] = [_fields(item, (field,), spell) for item in made[name]]
    if isinstance(made.get("sensorElementList"), list):
        made["sensorElementList"] = [_sensor(item, spell) for item in made["sensorElementList"]]
    return made


def _sensor(value: Any, spell: Spell) -> Any:
    if not isinstance(value, dict):
        return value
    made = dict(value)
    if "sensorMetadata" in made:
        made["sensorMetadata"] = _fields(made["sensorMetadata"], _THINGS, spell)
    if isinstance(made.get("sensorReport"), list):
        made["sensorReport"] = [_fields(report, (*_THINGS, "uriValue"), spell) for report in made["sensorReport"]]
    return made


def _fields(value: Any, names: tuple[str, ...], spell: Spell) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _spelled(item, spell) if key in names else item for key, item in value.items()}


def _spelled(value: Any, spell: Spell) -> Any:
    if isinstance(value, list):
        return [_spelled(item, spell) for item in value]
    return spell(value) if isinstance(value, str) else value


def with_web_words(event: Event) -> Event:
    """Words of the standard as web URIs, for XML that wants them so."""
    made: Event = _words(event, {"bizStep": "bizStep", "disposition": "disposition"})
    for name, kind in _TYPED.items():
        if isinstance(made.get(name), list):
            made[name] = [_words(item, {"type": kind}) for item in made[name]]
    if "persistentDisposition" in made:
        made["persistentDisposition"] = _words(made["persistentDisposition"], {"set": "disposition", "unset": "disposition"})
    if "errorDeclaration" in made:
        made["errorDeclaration"] = _words(made["errorDeclaration"], {"reason": "er"})
    if isinstance(made.get("sensorElementList"), list):
        made["sensorElementList"] = [
            {**item, "sensorReport": [_words(report, _REPORT) for report in item["sensorReport"]]}
            if isinstance(item, dict) and isinstance(item.get("sensorReport"), list)
            else item
            for item in made["sensorElementList"]
        ]
    return made


def _words(value: Any, kinds: dict[str, Kind]) -> Any:
    if not isinstance(value, dict):
        return value
    made = dict(value)
    for name, kind in kinds.items():
        if name in made:
            made[name] = _spelled(made[name], _web(kind))
    return made


def _web(kind: Kind) -> Spell:
    return lambda text: WEB_FORM[kind].get(for_json(kind, text), text)
