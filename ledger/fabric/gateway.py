"""One organisation's peer, as a client sees it: the Gateway service, and the peer's own stream of blocks."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import grpc
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.peer import events_pb2_grpc, transaction_pb2
from google.rpc import status_pb2

from ledger.fabric.errors import Detail, EndorsementError, FabricError, ProfileError, RefusedError, UnreachableError
from ledger.fabric.identity import Identity
from ledger.fabric.transaction import Prepared, events_request, prepare, propose, seek_request, status_request

MAX_BYTES = 100 * 1024 * 1024
LAST = 2**64 - 1
_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_BYTES),
    ("grpc.max_send_message_length", MAX_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A peer that was restarted must be noticed within a commit's deadline, not after gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]
_REFUSAL = re.compile(r"chaincode response \d+, (.*)", re.DOTALL)
_GONE = re.compile(r"could not launch chaincode|chaincode stream terminated|connection refused|connection error", re.IGNORECASE)

_HINTS = (
    ("access denied", "check the profile's member, certificate and key"),
    ("incorrect timestamp", "set this machine's clock: it is more than 15 minutes off the peer's"),
    ("CERTIFICATE_VERIFY_FAILED", "check the profile's tls_ca, and whether the peer's certificate has expired"),
    ("No metadata was found for chaincode", "check the profile's channel and chaincode"),
    ("no peers available to evaluate chaincode", "check the profile's channel and chaincode"),
    ("failed to get config for channel", "check the profile's channel"),
    ("client identity expired", "the profile's certificate is too old: have its organisation issue another one"),
)
"""What stands in an error's text, and what to do about it."""


class Status(NamedTuple):
    """`code`: `TxValidationCode`, 0 = valid."""

    code: int
    block: int

    @property
    def name(self) -> str:
        known = transaction_pb2.TxValidationCode.DESCRIPTOR.values_by_number
        return str(known[self.code].name) if self.code in known else str(self.code)


class Event(NamedTuple):
    block: int
    transaction: str
    name: str
    payload: bytes


class Gateway:
    """`organisation`, `address`: whose peer, host:port. `tls_ca`: PEM of the CA of its TLS certificate, b"" = no TLS.
    Any thread may call; time-outs are in seconds."""

    def __init__(
        self,
        organisation: str,
        address: str,
        tls_ca: bytes,
        identity: Identity,
        channel: str,
        chaincode: str,
        clock: Callable[[], int],
    ) -> None:
        self.organisation, self.address = organisation, address
        self.channel, self.chaincode, self.identity = channel, chaincode, identity
        self._clock = clock
        if tls_ca:
            self._connection = grpc.secure_channel(address, grpc.ssl_channel_credentials(tls_ca), options=_OPTIONS)
        else:
            self._connection = grpc.insecure_channel(address, options=_OPTIONS)
        self._stub = gateway_pb2_grpc.GatewayStub(self._connection)
        self._deliver = events_pb2_grpc.DeliverStub(self._connection)

    def endorse(self, args: Sequence[bytes], timeout: float = 30, organisations: Sequence[str] = ()) -> Prepared:
        """An endorsed, signed transaction; nothing is committed yet. `organisations`: only these are asked.

        RefusedError: the contract said no. EndorsementError: the organisations disagree or too few answered.
        """
        proposal = self._propose(args)
        request = gateway_pb2.EndorseRequest(
            transaction_id=proposal.transaction,
            channel_id=self.channel,
            proposed_transaction=proposal.signed,
            endorsing_organizations=organisations,
        )
        answer = self._call(self._stub.Endorse, request, timeout)
        return prepare(self.identity, proposal.transaction, answer.prepared_transaction)

    def submit(self, prepared: Prepared, timeout: float = 10) -> None:
        """Hand it to the orderers. After an error it may have arrived nevertheless: ask `status`."""
        request = gateway_pb2.SubmitRequest(
            transaction_id=prepared.transaction, channel_id=self.channel, prepared_transaction=prepared.envelope
        )
        self._call(self._stub.Submit, request, timeout)

    def status(self, transaction: str, timeout: float = 10) -> Status:
        """Waits for the transaction's commit on this peer. UnreachableError when it is not there in time."""
        request = status_request(self.identity, self.channel, transaction)
        answer = self._call(self._stub.CommitStatus, request, timeout)
        return Status(int(answer.result), int(answer.block_number))

    def evaluate(self, args: Sequence[bytes], timeout: float = 10, chaincode: str = "", member: str = "") -> bytes:
        """Ask one peer (`member`'s, this one by default); nothing is committed. `chaincode`: also system ones."""
        proposal = self._propose(args, chaincode)
        request = gateway_pb2.EvaluateRequest(
            transaction_id=proposal.transaction,
            channel_id=self.channel,
            proposed_transaction=proposal.signed,
            target_organizations=[member or self.organisation],
        )
        return bytes(self._call(self._stub.Evaluate, request, timeout).result.payload)

    def height(self, timeout: float = 10) -> int:
        """How many blocks the peer has."""
        info = self.evaluate([b"GetChainInfo", self.channel.encode()], timeout, chaincode="qscc")
        return int(ledger_pb2.BlockchainInfo.FromString(info).height)

    def events(self, start_block: int = 0) -> Iterator[Event]:
        """The contract's events of valid transactions, endlessly; UnreachableError when the stream breaks."""
        request = events_request(self.identity, self.channel, self.chaincode, start_block)
        try:
            for answer in self._stub.ChaincodeEvents(request):
                for event in answer.events:
                    yield Event(int(answer.block_number), event.tx_id, event.event_name, event.payload)
        except grpc.RpcError as error:
            self._raise(error)

    def blocks(self, start: int, stop: int = LAST, opened: Callable[[Any], None] | None = None) -> Iterator[Any]:
        """Blocks as the peer has them, with its validity codes; waits for new ones. `opened` gets the call, to cancel it."""
        request = seek_request(self.identity, self.channel, start, stop, self._clock(), secrets.token_bytes(24))
        try:
            call = self._deliver.Deliver(iter([request]))
            if opened is not None:
                opened(call)
            for answer in call:
                if answer.WhichOneof("Type") == "status":
                    if answer.status == common_pb2.SUCCESS:
                        return
                    name = common_pb2.Status.Name(answer.status)
                    raise ProfileError(f"{self._name()} gives no blocks of channel {self.channel!r} from {start} on: {name}")
                yield answer.block
        except grpc.RpcError as error:
            self._raise(error)

    def close(self) -> None:
        self._connection.close()

    def _propose(self, args: Sequence[bytes], chaincode: str = "") -> Any:
        nonce = secrets.token_bytes(24)
        return propose(self.identity, self.channel, chaincode or self.chaincode, args, self._clock(), nonce)

    def _call(self, method: Callable[..., Any], request: Any, timeout: float) -> Any:
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            self._raise(error)

    def _name(self) -> str:
        return f"the peer of {self.organisation} at {self.address}"

    def _raise(self, error: Any) -> NoReturn:
        raise translated(error, self._name()) from error


def translated(error: Any, name: str) -> FabricError:
    """A call's error as one of ours, by what its trailer says."""
    details = _details(error)
    code, text = error.code(), error.details() or error.code().name
    said = [text, *(detail.message for detail in details)]
    refusals = list(dict.fromkeys(match[1] for one in said if (match := _REFUSAL.search(one))))
    if refusals:
        return RefusedError("; ".join(refusals))
    hint = next((f": {what}" for sign, what in _HINTS if any(sign in one for one in said)), "")
    kind = next((kind for sign, kind in _KINDS if any(sign in one for one in said)), _BY_CODE.get(code, FabricError))
    if any(_GONE.search(one) for one in said):
        kind = UnreachableError
    return kind(f"{name}: {text}{hint}", details)


_KINDS: tuple[tuple[str, type[FabricError]], ...] = (
    ("access denied", ProfileError),
    ("incorrect timestamp", ProfileError),
    ("client identity expired", ProfileError),
)
_BY_CODE: dict[Any, type[FabricError]] = {
    grpc.StatusCode.UNAVAILABLE: UnreachableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: UnreachableError,
    grpc.StatusCode.CANCELLED: UnreachableError,
    grpc.StatusCode.ABORTED: EndorsementError,
    grpc.StatusCode.FAILED_PRECONDITION: EndorsementError,
    grpc.StatusCode.PERMISSION_DENIED: ProfileError,
    grpc.StatusCode.UNAUTHENTICATED: ProfileError,
    grpc.StatusCode.NOT_FOUND: ProfileError,
}


def _details(error: Any) -> tuple[Detail, ...]:
    """ErrorDetail messages of the trailer `grpc-status-details-bin`."""
    found: list[Detail] = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for packed in status_pb2.Status.FromString(value).details:
                detail = gateway_pb2.ErrorDetail()
                if packed.Unpack(detail):
                    found.append(Detail(detail.address, detail.msp_id, detail.message))
    return tuple(found)


