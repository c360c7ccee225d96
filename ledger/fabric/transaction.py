"""The bytes of proposals, envelopes and requests (field numbers: fabric-protos 0.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2

from ledger.fabric.errors import FabricError
from ledger.fabric.identity import Identity


class Proposal(NamedTuple):
    """`signed`: what the endorsers get."""

    transaction: str
    signed: Any


class Prepared(NamedTuple):
    """An endorsed and signed transaction: kept until its outcome is known, and sent again as it is."""

    transaction: str
    envelope: Any
    payload: bytes
    """The contract's answer, as the endorsers agreed on it."""


def propose(
    identity: Identity, channel: str, chaincode: str, args: Sequence[bytes], time_ms: int, nonce: bytes
) -> Proposal:
    """`args`: the function's name first. `time_ms`: stands in the transaction; peers refuse one 15 minutes off their clock.
    `nonce`: 24 random bytes."""
    transaction = identity.transaction_id(nonce)
    extension = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode))
    header = _header(identity, common_pb2.ENDORSER_TRANSACTION, channel, time_ms, nonce, transaction, extension)
    spec = chaincode_pb2.ChaincodeSpec(
        type=chaincode_pb2.ChaincodeSpec.GOLANG,
        chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode),
        input=chaincode_pb2.ChaincodeInput(args=args),
    )
    input_ = chaincode_pb2.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString()
    payload = proposal_pb2.ChaincodeProposalPayload(input=input_).SerializeToString()
    proposal = proposal_pb2.Proposal(header=header.SerializeToString(), payload=payload).SerializeToString()
    signed = proposal_pb2.SignedProposal(proposal_bytes=proposal, signature=identity.sign(proposal))
    return Proposal(transaction, signed)


def prepare(identity: Identity, transaction: str, envelope: Any) -> Prepared:
    """Signs what the gateway put together. FabricError: it is not the transaction that was proposed."""
    payload = common_pb2.Payload.FromString(envelope.payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    if header.tx_id != transaction:
        raise FabricError(f"the gateway answered with the transaction {header.tx_id[:16]} for {transaction[:16]}")
    envelope.signature = identity.sign(envelope.payload)
    return Prepared(transaction, envelope, _answer(payload))


def _answer(payload: Any) -> bytes:
    action = transaction_pb2.Transaction.FromString(payload.data).actions[0]
    endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action.payload).action
    response = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed.proposal_response_payload)
    return bytes(proposal_pb2.ChaincodeAction.FromString(response.extension).response.payload)


def status_request(identity: Identity, channel: str, transaction: str) -> Any:
    """A signed request for a transaction's validity."""
    request = gateway_pb2.CommitStatusRequest(transaction_id=transaction, channel_id=channel, identity=identity.creator)
    data = request.SerializeToString()
    return gateway_pb2.SignedCommitStatusRequest(request=data, signature=identity.sign(data))


def events_request(identity: Identity, channel: str, chaincode: str, start_block: int) -> Any:
    """A signed request for the contract's events from a block on."""
    position = ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=start_block))
    request = gateway_pb2.ChaincodeEventsRequest(
        channel_id=channel, chaincode_id=chaincode, identity=identity.creator, start_position=position
    )
    data = request.SerializeToString()
    return gateway_pb2.SignedChaincodeEventsRequest(request=data, signature=identity.sign(data))


def seek_request(identity: Identity, channel: str, start: int, stop: int, time_ms: int, nonce: bytes) -> Any:
    """A signed request for the blocks from `start` to `stop`; those that are not there yet are waited for."""
    header = _header(identity, common_pb2.DELIVER_SEEK_INFO, channel, time_ms, nonce, "", None)
    info = ab_pb2.SeekInfo(
        start=ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=start)),
        stop=ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=stop)),
        behavior=ab_pb2.SeekInfo.BLOCK_UNTIL_READY,
    )
    payload = common_pb2.Payload(header=header, data=info.SerializeToString()).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=identity.sign(payload))


def _header(
    identity: Identity, type_: int, channel: str, time_ms: int, nonce: bytes, transaction: str, extension: Any
) -> Any:
    channel_header = common_pb2.ChannelHeader(
        type=type_,
        channel_id=channel,
        tx_id=transaction,
        extension=extension.SerializeToString() if extension is not None else b"",
    )
    channel_header.timestamp.FromMilliseconds(time_ms)
    signature_header = common_pb2.SignatureHeader(creator=identity.creator, nonce=nonce)
    return common_pb2.Header(
        channel_header=channel_header.SerializeToString(), signature_header=signature_header.SerializeToString()
    )
