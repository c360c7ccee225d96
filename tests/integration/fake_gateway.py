"""One organisation's peer in front of a `FakeNetwork`, with the Gateway and Deliver services and faults on demand."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import chaincode_pb2, events_pb2, events_pb2_grpc, proposal_pb2, proposal_response_pb2
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import status_pb2

from ledger.fabric.blocks import member_of
from tests.integration.fake_network import CHANNEL, MEMBERS, FakeNetwork, signed_by

UNAVAILABLE, ABORTED, DEADLINE = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.DEADLINE_EXCEEDED
Fault = Callable[[], str]
"""Called before each call of a method; names what goes wrong this time, "" = nothing."""


class FakeGateway:
    """`faults`: by method. Endorse: down | stale. Submit: lost | late (ordered, answer lost). CommitStatus: down.
    Deliver: broken | forged | held."""

    def __init__(self, network: FakeNetwork, member: str, faults: dict[str, Fault] | None = None) -> None:
        self._network, self.member = network, member
        self.faults = faults or {}
        options = [("grpc.max_receive_message_length", 100 << 20), ("grpc.http2.max_ping_strikes", 0)]
        self._server = grpc.server(ThreadPoolExecutor(32), options=options)
        gateway_pb2_grpc.add_GatewayServicer_to_server(self, self._server)
        events_pb2_grpc.add_DeliverServicer_to_server(_Deliver(self), self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.ended = threading.Event()

    def stop(self) -> None:
        self.ended.set()
        with self._network.changed:
            self._network.changed.notify_all()
        self._server.stop(0)

    def fault(self, method: str) -> str:
        return self.faults[method]() if method in self.faults else ""

    def Endorse(self, request: Any, context: Any) -> Any:
        args, caller = self._open(request, context)
        fault = self.fault("Endorse")
        if fault == "down":
            self._fail(context, UNAVAILABLE, "no endorsers", "could not launch chaincode: connection refused")
        done = self._network.simulate(args, caller, behind=1 if fault == "stale" else 0)
        if done.status != 200:
            self._fail(context, ABORTED, "failed to endorse transaction", f"chaincode response 500, {done.message}")
        endorsers = list(request.endorsing_organizations) or MEMBERS[:3]
        envelope = self._network.prepare(request.proposed_transaction.proposal_bytes, done, endorsers)
        return gateway_pb2.EndorseResponse(prepared_transaction=envelope)

    def Submit(self, request: Any, context: Any) -> Any:
        envelope = request.prepared_transaction
        payload = common_pb2.Payload.FromString(envelope.payload)
        creator = common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator
        if not signed_by(envelope.signature, envelope.payload, creator):
            self._fail(context, grpc.StatusCode.INVALID_ARGUMENT, "the envelope's signature does not hold", "")
        fault = self.fault("Submit")
        if fault != "lost":
            self._network.order([envelope])
        if fault:
            self._fail(context, UNAVAILABLE, "orderer unavailable", "request already processed")
        return gateway_pb2.SubmitResponse()

    def CommitStatus(self, request: Any, context: Any) -> Any:
        asked = gateway_pb2.CommitStatusRequest.FromString(request.request)
        if not signed_by(request.signature, request.request, asked.identity):
            self._fail(context, grpc.StatusCode.PERMISSION_DENIED, "the request's signature does not hold", "")
        if self.fault("CommitStatus") == "down":
            self._fail(context, UNAVAILABLE, "peer is going down", "")
        with self._network.changed:
            while asked.transaction_id not in self._network.status:
                if not context.is_active() or self.ended.is_set():
                    self._fail(context, DEADLINE, "not in time", "")
                self._network.changed.wait(0.05)
            code, block = self._network.status[asked.transaction_id]
        return gateway_pb2.CommitStatusResponse(result=code, block_number=block)

    def Evaluate(self, request: Any, context: Any) -> Any:
        args, caller = self._open(request, context)
        if args[0] == b"GetChainInfo":
            payload = ledger_pb2.BlockchainInfo(height=len(self._network.blocks)).SerializeToString()
        else:
            done = self._network.simulate(args, caller)
            if done.status != 200:
                self._fail(context, ABORTED, "evaluate failed", f"chaincode response 500, {done.message}")
            payload = done.payload
        return gateway_pb2.EvaluateResponse(result=proposal_response_pb2.Response(status=200, payload=payload))

    def ChaincodeEvents(self, request: Any, context: Any) -> Iterator[Any]:
        raise NotImplementedError

    def _open(self, request: Any, context: Any) -> tuple[list[bytes], str]:
        """Checks what a peer checks in a proposal; (arguments, caller)."""
        signed = request.proposed_transaction
        proposal = proposal_pb2.Proposal.FromString(signed.proposal_bytes)
        header = common_pb2.Header.FromString(proposal.header)
        channel = common_pb2.ChannelHeader.FromString(header.channel_header)
        signature = common_pb2.SignatureHeader.FromString(header.signature_header)
        if not signed_by(signed.signature, signed.proposal_bytes, signature.creator):
            self._fail(context, grpc.StatusCode.PERMISSION_DENIED, "the proposal's signature does not hold", "")
        if channel.tx_id != hashlib.sha256(signature.nonce + signature.creator).hexdigest() or channel.channel_id != CHANNEL:
            self._fail(context, grpc.StatusCode.FAILED_PRECONDITION, "wrong transaction id or channel", "")
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
        spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
        return list(spec.input.args), member_of(signature.creator)

    def _fail(self, context: Any, code: Any, text: str, detail: str) -> NoReturn:
        status = status_pb2.Status(code=code.value[0], message=text)
        if detail:
            packed = Packed()
            packed.Pack(gateway_pb2.ErrorDetail(address=self.address, msp_id=self.member, message=detail))
            status.details.append(packed)
        context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
        context.abort(code, text)
        raise AssertionError


class _Deliver:
    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway
        self._network = gateway._network

    def Deliver(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        payload = common_pb2.Payload.FromString(next(requests).payload)
        info = ab_pb2.SeekInfo.FromString(payload.data)
        at = info.start.specified.number
        while context.is_active() and not self._gateway.ended.is_set():
            if at > info.stop.specified.number:
                yield events_pb2.DeliverResponse(status=common_pb2.SUCCESS)
                return
            fault = self._gateway.fault("Deliver")
            if fault == "held":
                time.sleep(0.02)
                continue
            if fault == "broken":
                context.abort(UNAVAILABLE, "the stream broke")
            with self._network.changed:
                if at >= len(self._network.blocks):
                    self._network.changed.wait(0.05)
                    continue
                block = common_pb2.Block.FromString(self._network.blocks[at])
            if fault == "forged":
                block.data.data.append(b"one more")
            yield events_pb2.DeliverResponse(block=block)
            at += 1

    DeliverFiltered = DeliverWithPrivateData = Deliver
