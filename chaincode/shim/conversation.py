"""One peer's stream: reads what the peer says, answers from worker threads, and keeps the protocol's rules.

Rules that the peer does not forgive: one writer on the stream, one request in flight per transaction (it drops a second one
silently and lets the transaction run into its time-out), exactly one COMPLETED or ERROR at the end.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import grpc
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2

from pedigree.errors import MedtraceError

Message = chaincode_shim_pb2.ChaincodeMessage
Transaction = tuple[str, str]
"""(channel, transaction id): ids are unique within a channel only."""


class ShimError(MedtraceError):
    """The peer refused a request, or its stream ended in the middle of a transaction."""


class Limits:
    """What the peer offered in READY; 0 = it does not know the batch message."""

    def __init__(self, payload: bytes = b"") -> None:
        offered = chaincode_pb2.ChaincodeAdditionalParams.FromString(payload)
        self.reads: int = offered.max_size_get_multiple_keys if offered.use_get_multiple_keys else 0
        self.writes: int = offered.max_size_write_batch if offered.use_write_batch else 0


class Conversation:
    """`run` is the stream's body: an iterator of what is sent. `execute(conversation, message)` answers one transaction."""

    def __init__(self, chaincode_id: str, execute: Callable[[Conversation, Any], Any], pool: Executor) -> None:
        self.limits = Limits()
        self._id = chaincode_id
        self._execute = execute
        self._pool = pool
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: dict[Transaction, Future[Any]] = {}
        self._guard = threading.Lock()
        self._ended = False

    def run(self, incoming: Iterable[Any]) -> Iterator[Any]:
        """Ends when the peer's side ends; what was asked and not answered then fails with ShimError."""
        identity = chaincode_pb2.ChaincodeID(name=self._id)
        self._outgoing.put(Message(type=Message.REGISTER, payload=identity.SerializeToString()))
        threading.Thread(target=self._listen, args=(incoming,), daemon=True, name="shim-reader").start()
        while (message := self._outgoing.get()) is not None:
            yield message

    def ask(self, type_: int, payload: bytes, transaction: Transaction) -> bytes:
        """One request about the world state; blocks until its answer. ShimError: refused, or the stream ended."""
        answer: Future[Any] = Future()
        with self._guard:
            if self._ended:
                raise ShimError("the peer's stream has ended")
            if transaction in self._waiting:
                raise ShimError("a request of this transaction is still in flight")
            self._waiting[transaction] = answer
        self._send(type_, payload, transaction)
        message = answer.result()
        if message.type == Message.ERROR:
            raise ShimError(message.payload.decode("utf-8", "replace"))
        return bytes(message.payload)

    def _send(self, type_: int, payload: bytes, transaction: Transaction) -> None:
        self._outgoing.put(Message(type=type_, payload=payload, channel_id=transaction[0], txid=transaction[1]))

    def _listen(self, incoming: Iterable[Any]) -> None:
        try:
            for message in incoming:
                self._take(message)
        except grpc.RpcError:
            pass  # the peer is gone; it will connect again
        finally:
            with self._guard:
                self._ended = True
                left, self._waiting = self._waiting, {}
            for answer in left.values():
                answer.set_exception(ShimError("the peer's stream has ended"))
            self._outgoing.put(None)

    def _take(self, message: Any) -> None:
        if message.type == Message.READY:
            self.limits = Limits(message.payload)
        elif message.type == Message.KEEPALIVE:
            self._outgoing.put(Message(type=Message.KEEPALIVE))
        elif message.type in (Message.TRANSACTION, Message.INIT):
            self._pool.submit(self._answer, message)
        elif message.type in (Message.RESPONSE, Message.ERROR):
            with self._guard:
                answer = self._waiting.pop((message.channel_id, message.txid), None)
            if answer is not None:  # else the peer speaks of a transaction that it had already given up
                answer.set_result(message)

    def _answer(self, message: Any) -> None:
        self._outgoing.put(self._execute(self, message))
