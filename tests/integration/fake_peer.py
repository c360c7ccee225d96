"""A peer's side of the chaincode protocol: a world state in memory, as strict as the real one where that matters.

It drops a second request of a transaction that has one in flight, shows no transaction its own writes, takes batch messages only
when it offered them, and refuses what is larger than it offered. A transaction's writes are kept when it succeeds.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2, chaincode_shim_pb2_grpc, proposal_pb2, proposal_response_pb2

Message = chaincode_shim_pb2.ChaincodeMessage
CHANNEL = "medtrace"


class Answer(NamedTuple):
    status: int
    message: str
    payload: bytes
    event: tuple[str, bytes] | None
    writes: dict[str, bytes]


class FakePeer:
    """`batches`: the largest batch it offers, 0 = it knows no batch messages."""

    def __init__(self, address: str, batches: int = 1000) -> None:
        self.state: dict[str, bytes] = {}
        self.asked: list[int] = []
        self.registered = ""
        self._batches = batches
        self._results: dict[str, Future[Any]] = {}
        self._writes: dict[str, dict[str, bytes]] = {}
        self._busy: set[str] = set()
        self._guard = threading.Lock()
        self._ready = threading.Event()
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(8)
        self._channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 100 << 20)])
        self._stream = chaincode_shim_pb2_grpc.ChaincodeStub(self._channel).Connect(iter(self._outgoing.get, None))
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._ready.wait(10)

    def __enter__(self) -> FakePeer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._outgoing.put(None)
        self._channel.close()

    def send(self, message: Any) -> None:
        self._outgoing.put(message)

    def begin(self, txid: str, *args: bytes, caller: str = "maker") -> Future[Any]:
        """Start a transaction."""
        self._results[txid] = Future()
        self._writes[txid] = {}
        creator = identities_pb2.SerializedIdentity(mspid=caller, id_bytes=b"certificate").SerializeToString()
        header = common_pb2.Header(signature_header=common_pb2.SignatureHeader(creator=creator).SerializeToString())
        proposal = proposal_pb2.Proposal(header=header.SerializeToString()).SerializeToString()
        payload = chaincode_pb2.ChaincodeInput(args=args).SerializeToString()
        message = Message(type=Message.TRANSACTION, payload=payload, txid=txid, channel_id=CHANNEL)
        message.proposal.proposal_bytes = proposal
        self.send(message)
        return self._results[txid]

    def call(self, txid: str, *args: bytes, caller: str = "maker", timeout: float = 10) -> Answer:
        """One transaction from its proposal to its end; kept when it succeeds."""
        message = self.begin(txid, *args, caller=caller).result(timeout)
        response = proposal_response_pb2.Response.FromString(message.payload)
        writes = self._writes.pop(txid)
        if response.status == 200:
            self.state |= writes
        event = message.chaincode_event
        named = (event.event_name, event.payload) if event.event_name else None
        return Answer(response.status, response.message, response.payload, named, writes)

    def _listen(self) -> None:
        try:
            for message in self._stream:
                if message.type == Message.REGISTER:
                    self.registered = chaincode_pb2.ChaincodeID.FromString(message.payload).name
                    self.send(Message(type=Message.REGISTERED))
                    offered = chaincode_pb2.ChaincodeAdditionalParams()
                    if self._batches:
                        offered.use_write_batch = offered.use_get_multiple_keys = True
                        offered.max_size_write_batch = offered.max_size_get_multiple_keys = self._batches
                    self.send(Message(type=Message.READY, payload=offered.SerializeToString()))
                    self._ready.set()
                elif message.type in (Message.COMPLETED, Message.ERROR):
                    self._results.pop(message.txid).set_result(message)
                elif message.type != Message.KEEPALIVE:
                    with self._guard:
                        if message.txid in self._busy:
                            continue
                        self._busy.add(message.txid)
                    self._pool.submit(self._serve, message)
        except grpc.RpcError:
            for result in self._results.values():
                result.set_exception(ConnectionError("the chaincode is gone"))

    def _serve(self, message: Any) -> None:
        self.asked.append(message.type)
        try:
            payload, type_ = self._handle(message), Message.RESPONSE
        except ValueError as wrong:
            payload, type_ = str(wrong).encode(), Message.ERROR
        with self._guard:
            self._busy.discard(message.txid)
        self.send(Message(type=type_, payload=payload, txid=message.txid, channel_id=message.channel_id))

    def _handle(self, message: Any) -> bytes:
        writes = self._writes[message.txid]
        if message.type == Message.GET_STATE:
            return self.state.get(chaincode_shim_pb2.GetState.FromString(message.payload).key, b"")
        if message.type == Message.PUT_STATE:
            put = chaincode_shim_pb2.PutState.FromString(message.payload)
            writes[put.key] = put.value
            return b""
        if message.type == Message.GET_STATE_MULTIPLE:
            keys = chaincode_shim_pb2.GetStateMultiple.FromString(message.payload).keys
            self._check(len(keys))
            values = [self.state.get(key, b"") for key in keys]
            return bytes(chaincode_shim_pb2.GetStateMultipleResult(values=values).SerializeToString())
        if message.type == Message.WRITE_BATCH_STATE:
            records = chaincode_shim_pb2.WriteBatchState.FromString(message.payload).rec
            self._check(len(records))
            writes.update((record.key, record.value) for record in records)
            return b""
        raise ValueError(f"a message of type {message.type} that this peer does not know")

    def _check(self, count: int) -> None:
        if not 0 < count <= self._batches:
            raise ValueError(f"{count} keys in a batch, at most {self._batches} were offered")
