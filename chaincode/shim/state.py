"""A transaction's world state on the peer, as the contract's port."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_event_pb2, chaincode_shim_pb2, proposal_pb2

from chaincode.shim.conversation import Conversation, Message, Transaction


class PeerState:
    """`pedigree.ports.KeyValue` of one transaction. Reads give the committed state: a transaction does not see its own writes.

    Keys are asked in batches where the peer offers it (a round trip each otherwise, ten times slower). A stored value is never
    empty, so an empty answer is "no such key".
    """

    def __init__(self, conversation: Conversation, message: Any) -> None:
        self._conversation = conversation
        self._transaction: Transaction = (message.channel_id, message.txid)
        self._proposal = message.proposal.proposal_bytes
        self.event: Any = None

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        size = self._conversation.limits.reads
        if not size:
            return [self._ask(Message.GET_STATE, chaincode_shim_pb2.GetState(key=key)) or None for key in keys]
        found: list[bytes | None] = []
        for start in range(0, len(keys), size):
            asked = chaincode_shim_pb2.GetStateMultiple(keys=keys[start : start + size])
            answer = chaincode_shim_pb2.GetStateMultipleResult.FromString(self._ask(Message.GET_STATE_MULTIPLE, asked))
            found += [value or None for value in answer.values]
        return found

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        size = self._conversation.limits.writes
        if not size:
            for key, value in items:
                self._ask(Message.PUT_STATE, chaincode_shim_pb2.PutState(key=key, value=value))
            return
        put = chaincode_shim_pb2.WriteRecord.PUT_STATE
        records = [chaincode_shim_pb2.WriteRecord(key=key, value=value, type=put) for key, value in items]
        for start in range(0, len(records), size):
            self._ask(Message.WRITE_BATCH_STATE, chaincode_shim_pb2.WriteBatchState(rec=records[start : start + size]))

    def caller(self) -> str:
        """The MSP id of who signed the proposal; the peer has verified the signature."""
        header = common_pb2.Header.FromString(proposal_pb2.Proposal.FromString(self._proposal).header)
        creator = common_pb2.SignatureHeader.FromString(header.signature_header).creator
        return str(identities_pb2.SerializedIdentity.FromString(creator).mspid)

    def emit(self, name: str, payload: bytes) -> None:
        self.event = chaincode_event_pb2.ChaincodeEvent(event_name=name, payload=payload)

    def _ask(self, type_: int, request: Any) -> bytes:
        return self._conversation.ask(type_, request.SerializeToString(), self._transaction)
