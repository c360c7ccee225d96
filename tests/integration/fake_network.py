"""A channel in memory: it orders, judges and keeps real blocks, signed by an orderer, from transactions signed by clients.

The world state and the contract are the real ones. What is missing are several peers: one book serves all gateways.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fabric_protos.common import common_pb2, configtx_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2, msp_config_pb2
from fabric_protos.orderer import configuration_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

from chaincode.functions import call
from ledger.fabric.blocks import header_of, member_of
from ledger.fabric.identity import Identity, verified

CHANNEL, CHAINCODE = "medtrace", "medtrace"
MEMBERS = ("maker", "distributor", "hospital", "regulator")
VALID, DUPLICATE, ENDORSEMENT_POLICY_FAILURE, MVCC = 0, 9, 10, 11


class Book:
    """Key and certificate of one organisation's authority, and what it issues."""

    def __init__(self, member: str) -> None:
        self.member = member
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._issue(f"ca.{member}", "", self._key)

    def _issue(self, name: str, unit: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        names = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if unit:
            names.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ca.{self.member}")])
        start = datetime(2020, 1, 1)
        builder = x509.CertificateBuilder().subject_name(x509.Name(names)).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
        return builder.not_valid_after(start + timedelta(days=36500)).sign(self._key, SHA256())

    def files(self, unit: str) -> tuple[bytes, bytes]:
        """(certificate, private key) in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._issue(f"{unit}.{self.member}", unit, key).public_bytes(Encoding.PEM)
        return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def identity(self, unit: str) -> Identity:
        return Identity(self.member, *self.files(unit))


class Simulated(NamedTuple):
    status: int
    message: str
    payload: bytes
    reads: dict[str, int]
    writes: dict[str, bytes]
    event: tuple[str, bytes] | None


class _State:
    """The contract's port over the state as it stood at some block."""

    def __init__(self, network: FakeNetwork, caller: str, behind: int) -> None:
        self._network, self._caller, self._behind = network, caller, behind
        self.reads: dict[str, int] = {}
        self.writes: dict[str, bytes] = {}
        self.event: tuple[str, bytes] | None = None

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        found = [self._network.read(key, self._behind) for key in keys]
        self.reads.update((key, version) for key, (version, _) in zip(keys, found, strict=True))
        return [value for _, value in found]

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        self.writes.update(items)

    def caller(self) -> str:
        return self._caller

    def emit(self, name: str, payload: bytes) -> None:
        self.event = (name, payload)


class FakeNetwork:
    """`blocks`: serialized as the peers give them. Any thread may call."""

    def __init__(self, function: Callable[..., bytes] = call) -> None:
        self.function = function
        self.books = {member: Book(member) for member in MEMBERS}
        self.clients = {member: book.identity("client") for member, book in self.books.items()}
        self._peers = {member: book.identity("peer") for member, book in self.books.items()}
        self.orderer = self.books["regulator"].identity("orderer")
        self.blocks: list[bytes] = []
        self.alter: Callable[[Any], Any] = lambda block: block
        """What the peers make of a block before they show it."""
        self.status: dict[str, tuple[int, int]] = {}
        self.changed = threading.Condition()
        self._history: dict[str, list[tuple[int, bytes]]] = {}
        self._previous = b""
        self._cut([self._config()], [VALID])
        self.genesis = header_of(common_pb2.Block.FromString(self.blocks[0])).hash

    def read(self, key: str, behind: int = 0) -> tuple[int, bytes | None]:
        """(block that wrote it, value) as known `behind` blocks ago; block -1 for no value."""
        newest = len(self.blocks) - 1 - behind
        for number, value in reversed(self._history.get(key, [])):
            if number <= newest:
                return number, value
        return -1, None

    def simulate(self, args: Sequence[bytes], caller: str, behind: int = 0) -> Simulated:
        with self.changed:
            state = _State(self, caller, behind)
            try:
                payload = self.function(state, args)
            except Exception as refused:  # noqa: BLE001 - whatever the contract raises is an answer of the peer
                return Simulated(500, str(refused), b"", {}, {}, None)
            return Simulated(200, "", payload, state.reads, state.writes, state.event)

    def prepare(self, proposal_bytes: bytes, done: Simulated, endorsers: Sequence[str]) -> Any:
        """The envelope that the client has to sign."""
        proposal = proposal_pb2.Proposal.FromString(proposal_bytes)
        reads = []
        for key, version in sorted(done.reads.items()):
            at = kv_rwset_pb2.Version(block_num=version, tx_num=0) if version >= 0 else None
            reads.append(kv_rwset_pb2.KVRead(key=key, version=at))
        writes = [kv_rwset_pb2.KVWrite(key=key, value=value) for key, value in sorted(done.writes.items())]
        rwset = kv_rwset_pb2.KVRWSet(reads=reads, writes=writes).SerializeToString()
        results = rwset_pb2.TxReadWriteSet(ns_rwset=[rwset_pb2.NsReadWriteSet(namespace=CHAINCODE, rwset=rwset)])
        event = chaincode_event_pb2.ChaincodeEvent(chaincode_id=CHAINCODE)
        if done.event is not None:
            event.event_name, event.payload = done.event
        action = proposal_pb2.ChaincodeAction(
            results=results.SerializeToString(),
            events=event.SerializeToString() if done.event is not None else b"",
            response=proposal_response_pb2.Response(status=200, payload=done.payload),
        )
        payload = proposal_response_pb2.ProposalResponsePayload(
            proposal_hash=hashlib.sha256(proposal_bytes).digest(), extension=action.SerializeToString()
        ).SerializeToString()
        endorsements = []
        for member in endorsers:
            creator = self._peers[member].creator
            signature = self._peers[member].sign(payload + creator)
            endorsements.append(proposal_response_pb2.Endorsement(endorser=creator, signature=signature))
        endorsed = transaction_pb2.ChaincodeEndorsedAction(proposal_response_payload=payload, endorsements=endorsements)
        call_ = transaction_pb2.ChaincodeActionPayload(chaincode_proposal_payload=proposal.payload, action=endorsed)
        header = common_pb2.Header.FromString(proposal.header)
        one = transaction_pb2.TransactionAction(header=header.signature_header, payload=call_.SerializeToString())
        data = transaction_pb2.Transaction(actions=[one]).SerializeToString()
        return common_pb2.Envelope(payload=common_pb2.Payload(header=header, data=data).SerializeToString())

    def order(self, envelopes: Sequence[Any]) -> None:
        """One block with these transactions, judged as a peer does: repeated, endorsed by three, nothing read has changed."""
        with self.changed:
            codes: list[int] = []
            written: dict[str, bytes] = {}
            number = len(self.blocks)
            seen: set[str] = set()
            for envelope in envelopes:
                transaction, code, writes = self._judge(envelope, seen, written)
                codes.append(code)
                if code == VALID:
                    written |= writes
                seen.add(transaction)
                self.status.setdefault(transaction, (code, number))
            self._cut([envelope.SerializeToString() for envelope in envelopes], codes)
            for key, value in written.items():
                self._history.setdefault(key, []).append((number, value))
            self.changed.notify_all()

    def _judge(self, envelope: Any, seen: set[str], written: dict[str, bytes]) -> tuple[str, int, dict[str, bytes]]:
        payload = common_pb2.Payload.FromString(envelope.payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        action = transaction_pb2.Transaction.FromString(payload.data).actions[0]
        endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action.payload).action
        response = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed.proposal_response_payload)
        results = rwset_pb2.TxReadWriteSet.FromString(
            proposal_pb2.ChaincodeAction.FromString(response.extension).results
        )
        rwset = kv_rwset_pb2.KVRWSet.FromString(results.ns_rwset[0].rwset)
        writes = {write.key: write.value for write in rwset.writes}
        if header.tx_id in self.status or header.tx_id in seen:
            return header.tx_id, DUPLICATE, {}
        if len({member_of(one.endorser) for one in endorsed.endorsements}) < 3:
            return header.tx_id, ENDORSEMENT_POLICY_FAILURE, {}
        for read in rwset.reads:
            version = read.version.block_num if read.HasField("version") else -1
            if read.key in written or self.read(read.key)[0] != version:
                return header.tx_id, MVCC, {}
        return header.tx_id, VALID, writes

    def _cut(self, data: list[bytes], codes: list[int]) -> None:
        header = common_pb2.BlockHeader(
            number=len(self.blocks), previous_hash=self._previous, data_hash=hashlib.sha256(b"".join(data)).digest()
        )
        block = common_pb2.Block(header=header, data=common_pb2.BlockData(data=data))
        signature_header = common_pb2.SignatureHeader(creator=self.orderer.creator, nonce=b"nonce").SerializeToString()
        value = common_pb2.OrdererBlockMetadata().SerializeToString()
        signature = self.orderer.sign(value + signature_header + header_of(block).der)
        entry = common_pb2.MetadataSignature(signature_header=signature_header, signature=signature)
        signed = common_pb2.Metadata(value=value, signatures=[entry]).SerializeToString()
        block.metadata.metadata.extend([signed, b"", bytes(codes), b"", b""])
        self._previous = header_of(block).hash
        self.blocks.append(self.alter(block).SerializeToString())

    def _config(self) -> bytes:
        group = configtx_pb2.ConfigGroup()
        orderer = group.groups["Orderer"]
        orderer.values["ConsensusType"].value = configuration_pb2.ConsensusType(type="etcdraft").SerializeToString()
        msp = msp_config_pb2.FabricMSPConfig(
            name="regulator", root_certs=[self.books["regulator"].certificate.public_bytes(Encoding.PEM)]
        )
        msp.fabric_node_ous.enable = True
        msp.fabric_node_ous.orderer_ou_identifier.organizational_unit_identifier = "orderer"
        orderer.groups["regulator"].values["MSP"].value = msp_config_pb2.MSPConfig(
            config=msp.SerializeToString()
        ).SerializeToString()
        config = configtx_pb2.ConfigEnvelope(config=configtx_pb2.Config(channel_group=group))
        header = common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=CHANNEL).SerializeToString()
        payload = common_pb2.Payload(header=common_pb2.Header(channel_header=header), data=config.SerializeToString())
        return bytes(common_pb2.Envelope(payload=payload.SerializeToString()).SerializeToString())


def signed_by(signature: bytes, data: bytes, creator: bytes) -> bool:
    """Whether a client's signature holds, and in the form that peers take."""
    pem = identities_pb2.SerializedIdentity.FromString(creator).id_bytes
    key = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return verified(key, data, signature)


