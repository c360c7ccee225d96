"""The five event types of EPCIS 2.0 (section 7.4) as models: which fields there are and what each may hold.

Fields that are not listed are looked at in `extras`; rules between fields are in `rules`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.epcis.values import (
    Amount,
    BizStep,
    Component,
    Disposition,
    HexBinary,
    Identifier,
    Instance,
    Measurement,
    Number,
    Offset,
    PartyType,
    Reason,
    SensorException,
    Text,
    Time,
    TransactionType,
    Unit,
    Uri,
    Uris,
)


class Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class QuantityElement(Part):
    epcClass: Identifier
    quantity: Amount | None = None
    uom: Unit | None = None


class Place(Part):
    id: Identifier


class BizTransaction(Part):
    type: TransactionType | None = None
    bizTransaction: Uri


class Source(Part):
    type: PartyType
    source: Identifier


class Destination(Part):
    type: PartyType
    destination: Identifier


class ErrorDeclaration(Part):
    declarationTime: Time
    reason: Reason | None = None
    correctiveEventIDs: list[Uri] | None = None


class PersistentDisposition(Part):
    set: list[Disposition] | None = None
    unset: list[Disposition] | None = None


class SensorMetadata(Part):
    time: Time | None = None
    startTime: Time | None = None
    endTime: Time | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None


class SensorReport(Part):
    type: Measurement | None = None
    exception: SensorException | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None
    time: Time | None = None
    microorganism: Uri | None = None
    chemicalSubstance: Uri | None = None
    value: Number | None = None
    component: Component | None = None
    stringValue: str | None = None
    booleanValue: bool | None = None
    hexBinaryValue: HexBinary | None = None
    uriValue: Uri | None = None
    minValue: Number | None = None
    maxValue: Number | None = None
    meanValue: Number | None = None
    sDev: Number | None = None
    percRank: Number | None = None
    percValue: Number | None = None
    uom: Unit | None = None
    coordinateReferenceSystem: Uri | None = None


class SensorElement(Part):
    sensorMetadata: SensorMetadata | None = None
    sensorReport: Annotated[list[SensorReport], Field(min_length=1)]


class Event(Part):
    """What every event has: when, where, why."""

    type: str
    eventTime: Time
    eventTimeZoneOffset: Offset
    recordTime: Time | None = None
    eventID: Uri | None = None
    errorDeclaration: ErrorDeclaration | None = None
    certificationInfo: Uris | None = None
    bizStep: BizStep | None = None
    disposition: Disposition | None = None
    persistentDisposition: PersistentDisposition | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    bizTransactionList: list[BizTransaction] | None = None
    sourceList: list[Source] | None = None
    destinationList: list[Destination] | None = None
    sensorElementList: list[SensorElement] | None = None


Action = Literal["ADD", "OBSERVE", "DELETE"]


class ObjectEvent(Event):
    action: Action
    epcList: list[Instance] | None = None
    quantityList: list[QuantityElement] | None = None
    ilmd: dict[Text, JsonValue] | None = None


class AggregationEvent(Event):
    action: Action
    parentID: Instance | None = None
    childEPCs: list[Instance] | None = None
    childQuantityList: list[QuantityElement] | None = None


class AssociationEvent(AggregationEvent):
    pass


class TransactionEvent(Event):
    action: Action
    parentID: Instance | None = None
    epcList: list[Instance] | None = None
    quantityList: list[QuantityElement] | None = None


class TransformationEvent(Event):
    inputEPCList: list[Instance] | None = None
    outputEPCList: list[Instance] | None = None
    inputQuantityList: list[QuantityElement] | None = None
    outputQuantityList: list[QuantityElement] | None = None
    transformationID: Identifier | None = None
    ilmd: dict[Text, JsonValue] | None = None


EVENTS: dict[str, type[Event]] = {
    model.__name__: model for model in (ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent)
}
