"""Answers transactions with the contract, and serves that to peers over gRPC."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2_grpc, proposal_response_pb2

from chaincode.functions import call
from chaincode.shim.conversation import Conversation, Message
from chaincode.shim.state import PeerState
from pedigree.errors import MedtraceError
from pedigree.ports import KeyValue

Function = Callable[[KeyValue, Sequence[bytes]], bytes]
MAX_BYTES = 100 * 1024 * 1024
"""What peers take as one message."""
OK, REFUSED = 200, 500
_log = logging.getLogger("medtrace.chaincode")


class ChaincodeService:
    """The gRPC service that a peer connects to. `workers`: transactions of one peer that run at once."""

    def __init__(self, chaincode_id: str, function: Function = call, workers: int = 8) -> None:
        self._id = chaincode_id
        self._function = function
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="transaction")

    def Connect(self, request_iterator: Iterable[Any], context: Any) -> Iterator[Any]:
        """`protos.Chaincode/Connect`: the peer is the client here, but the chaincode speaks first."""
        return Conversation(self._id, self._execute, self._pool).run(request_iterator)

    def _execute(self, conversation: Conversation, message: Any) -> Any:
        """A worker thread's outermost frame. Whatever goes wrong becomes an answer: silence would hold the peer for 30 s."""
        state = PeerState(conversation, message)
        try:
            arguments = chaincode_pb2.ChaincodeInput.FromString(message.payload).args
            payload = self._function(state, list(arguments))
            response = proposal_response_pb2.Response(status=OK, payload=payload)
            event = state.event
        except MedtraceError as refused:
            response, event = _refusal(str(refused)), None
        except Exception as broken:  # noqa: BLE001
            _log.exception("transaction %s", message.txid)
            response, event = _refusal(f"{type(broken).__name__}: {broken}"), None
        return Message(
            type=Message.COMPLETED,
            payload=response.SerializeToString(),
            txid=message.txid,
            channel_id=message.channel_id,
            chaincode_event=event,
        )


def _refusal(text: str) -> Any:
    return proposal_response_pb2.Response(status=REFUSED, message=text)


def start(chaincode_id: str, address: str, function: Function = call, *, workers: int = 8) -> tuple[Any, int]:
    """(started gRPC server, its port). `address`: host:port, port 0 = a free one. A port that is taken
    raises RuntimeError, as gRPC does."""
    options = [("grpc.max_receive_message_length", MAX_BYTES), ("grpc.max_send_message_length", MAX_BYTES)]
    # The peer pings every minute; by default the third ping of an idle hour would end the stream.
    options += [("grpc.http2.max_ping_strikes", 0), ("grpc.keepalive_permit_without_calls", 1)]
    # One thread a connected peer: a peer keeps one stream, a restarted one briefly has two.
    server = grpc.server(ThreadPoolExecutor(8, thread_name_prefix="stream"), options=[*options, ("grpc.so_reuseport", 0)])
    chaincode_shim_pb2_grpc.add_ChaincodeServicer_to_server(ChaincodeService(chaincode_id, function, workers), server)
    port = server.add_insecure_port(address)
    server.start()
    return server, port
