"""Blocks: what stands in them, and what proves that they are the channel's."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_event_pb2, chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from ledger.fabric.errors import BlockError

_TRANSACTIONS = common_pb2.TRANSACTIONS_FILTER


class Transaction(NamedTuple):
    """`code`: the validity that this peer gave it. `time_ms`: the client's. `member`: who called; `endorsers`: who answered.
    `args`: the function's name first. `writes`: of the contract's own world state. Only calls of a contract have the last
    five."""

    id: str
    position: int
    kind: int
    time_ms: int
    member: str
    code: int
    chaincode: str = ""
    args: tuple[bytes, ...] = ()
    writes: tuple[tuple[str, bytes], ...] = ()
    event: tuple[str, bytes] | None = None
    endorsers: tuple[str, ...] = ()


class Header(NamedTuple):
    """A block's header; `hash` is what the next one names."""

    number: int
    previous: bytes
    data_hash: bytes

    @property
    def der(self) -> bytes:
        """SEQUENCE {INTEGER number, OCTET STRING previous, OCTET STRING data hash}: what is hashed and signed."""
        number = self.number.to_bytes(self.number.bit_length() // 8 + 1, "big")
        body = _der(0x02, number) + _der(0x04, self.previous) + _der(0x04, self.data_hash)
        return _der(0x30, body)

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.der).digest()


def _der(tag: int, content: bytes) -> bytes:
    if len(content) >= 128:
        raise BlockError("a block header with hashes of impossible length")
    return bytes([tag, len(content)]) + content


def header_of(block: Any) -> Header:
    return Header(int(block.header.number), block.header.previous_hash, block.header.data_hash)


def check_data(block: Any) -> None:
    """BlockError: the header does not speak of these transactions."""
    if hashlib.sha256(b"".join(block.data.data)).digest() != block.header.data_hash:
        raise BlockError(f"block {block.header.number}: its transactions are not those of its header")


def codes_of(block: Any) -> bytes:
    """One validity code a transaction, as the peer that gave the block judged. Orderers do not sign them."""
    if len(block.metadata.metadata) <= _TRANSACTIONS:
        return b""
    return bytes(block.metadata.metadata[_TRANSACTIONS])


def transactions_of(block: Any) -> list[Transaction]:
    """BlockError: one that can't be read although its code says that it is valid."""
    codes = codes_of(block)
    if len(codes) != len(block.data.data):
        raise BlockError(f"block {block.header.number} has {len(block.data.data)} transactions and {len(codes)} validity codes")
    found: list[Transaction] = []
    for index, data in enumerate(block.data.data):
        try:
            found.append(_transaction(data, index, codes[index]))
        except (DecodeError, IndexError, UnicodeDecodeError) as broken:
            if codes[index] == 0:
                raise BlockError(f"block {block.header.number}, transaction {index}: valid, but can't be read") from broken
            found.append(Transaction("", index, -1, 0, "", codes[index]))
    return found


def config_of(block: Any) -> bytes | None:
    """The encoded ConfigEnvelope of a block that sets the channel's configuration, None for all others."""
    if len(block.data.data) != 1:
        return None
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(block.data.data[0]).payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    return bytes(payload.data) if header.type == common_pb2.CONFIG else None


def _transaction(data: bytes, index: int, code: int) -> Transaction:
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    member = member_of(common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator)
    time_ms = header.timestamp.seconds * 1000 + header.timestamp.nanos // 1_000_000
    plain = Transaction(header.tx_id, index, header.type, time_ms, member, code)
    if header.type != common_pb2.ENDORSER_TRANSACTION:
        return plain
    action = transaction_pb2.Transaction.FromString(payload.data).actions[0]
    call = transaction_pb2.ChaincodeActionPayload.FromString(action.payload)
    proposed = proposal_pb2.ChaincodeProposalPayload.FromString(call.chaincode_proposal_payload)
    spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(proposed.input).chaincode_spec
    response = proposal_response_pb2.ProposalResponsePayload.FromString(call.action.proposal_response_payload)
    result = proposal_pb2.ChaincodeAction.FromString(response.extension)
    event = chaincode_event_pb2.ChaincodeEvent.FromString(result.events)
    return plain._replace(
        chaincode=spec.chaincode_id.name,
        args=tuple(spec.input.args),
        writes=_writes(result.results, spec.chaincode_id.name),
        event=(event.event_name, event.payload) if event.event_name else None,
        endorsers=tuple(sorted(member_of(one.endorser) for one in call.action.endorsements)),
    )


def _writes(results: bytes, namespace: str) -> tuple[tuple[str, bytes], ...]:
    written: list[tuple[str, bytes]] = []
    for part in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset:
        if part.namespace == namespace:
            written += [(one.key, one.value) for one in kv_rwset_pb2.KVRWSet.FromString(part.rwset).writes]
    return tuple(written)


def member_of(creator: bytes) -> str:
    """The MSP id of a serialized identity, "" when it is none."""
    try:
        return str(identities_pb2.SerializedIdentity.FromString(creator).mspid)
    except DecodeError:
        return ""
