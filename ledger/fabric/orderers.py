"""Who may sign blocks, read from the channel's own configuration, and whether a block is signed by enough of them.

A block's signature says: this is the order. It does not say that its transactions are valid; peers judge that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import NameOID
from fabric_protos.common import common_pb2, configtx_pb2, configuration_pb2
from fabric_protos.msp import identities_pb2, msp_config_pb2
from fabric_protos.orderer import configuration_pb2 as orderer_pb2
from google.protobuf.message import DecodeError

from ledger.fabric.blocks import Header, config_of, header_of
from ledger.fabric.errors import BlockError
from ledger.fabric.identity import verified


class Organisation(NamedTuple):
    """Certificates in PEM. `role`: the organisational unit that its orderers' certificates must name, "" = any."""

    member: str
    authorities: tuple[bytes, ...]
    role: str


class Orderers(NamedTuple):
    """`consenters`: (id, MSP id, certificate) of a BFT channel; empty for raft, where one orderer's signature is enough."""

    organisations: tuple[Organisation, ...]
    consenters: tuple[tuple[int, str, bytes], ...] = ()

    @property
    def needed(self) -> int:
        """BFT: so many that two sets of signers share an honest one."""
        n = len(self.consenters)
        return (n + (n - 1) // 3 + 2) // 2 if n else 1


def orderers_of(block: Any) -> Orderers | None:
    """From a configuration block, None when the block is none."""
    data = config_of(block)
    if data is None:
        return None
    group = configtx_pb2.ConfigEnvelope.FromString(data).config.channel_group.groups["Orderer"]
    organisations = [_organisation(one.values["MSP"].value) for _, one in sorted(group.groups.items())]
    kind = orderer_pb2.ConsensusType.FromString(group.values["ConsensusType"].value).type
    consenters: list[tuple[int, str, bytes]] = []
    if kind == "BFT":
        listed = configuration_pb2.Orderers.FromString(group.values["Orderers"].value).consenter_mapping
        consenters = [(int(one.id), one.msp_id, one.identity) for one in listed]
    return Orderers(tuple(organisations), tuple(consenters))


def _organisation(value: bytes) -> Organisation:
    config = msp_config_pb2.FabricMSPConfig.FromString(msp_config_pb2.MSPConfig.FromString(value).config)
    units = config.fabric_node_ous
    role = units.orderer_ou_identifier.organizational_unit_identifier if units.enable else ""
    return Organisation(config.name, (*config.root_certs, *config.intermediate_certs), role)


def check_signatures(block: Any, orderers: Orderers) -> tuple[str, ...]:
    """The members whose orderers have signed. BlockError: not enough good signatures. Block 0 has none: its
    hash is known."""
    header = header_of(block)
    try:
        metadata = common_pb2.Metadata.FromString(block.metadata.metadata[common_pb2.SIGNATURES])
    except (DecodeError, IndexError) as broken:
        raise BlockError(f"block {header.number} carries no readable signatures") from broken
    signers: dict[bytes, str] = {}
    for entry in metadata.signatures:
        found = _signer(entry, metadata.value, header, orderers)
        if found is not None:
            signers[found[0]] = found[1]
    if len(signers) < orderers.needed:
        raise BlockError(f"block {header.number} has {len(signers)} good orderer signatures of {orderers.needed} needed")
    return tuple(sorted(signers.values()))


def _signer(entry: Any, value: bytes, header: Header, orderers: Orderers) -> tuple[bytes, str] | None:
    """(certificate, member) when the signature is good and its maker may order."""
    if entry.signature_header:
        creator = common_pb2.SignatureHeader.FromString(entry.signature_header).creator
        identity = identities_pb2.SerializedIdentity.FromString(creator)
        member, certificate, part = str(identity.mspid), bytes(identity.id_bytes), entry.signature_header
        if orderers.consenters and (member, certificate) not in {one[1:] for one in orderers.consenters}:
            return None
    else:
        number = int(common_pb2.IdentifierHeader.FromString(entry.identifier_header).identifier)
        named = next((one for one in orderers.consenters if one[0] == number), None)
        if named is None:
            return None
        member, certificate, part = named[1], named[2], entry.identifier_header
    organisation = next((one for one in orderers.organisations if one.member == member), None)
    key = _orderer_key(certificate, organisation) if organisation is not None else None
    if key is None or not verified(key, value + part + header.der, entry.signature):
        return None
    return certificate, member


@lru_cache(maxsize=64)
def _orderer_key(pem: bytes, organisation: Organisation) -> EllipticCurvePublicKey | None:
    """The public key of a certificate that the organisation has issued to an orderer. Its end date does not matter here: it
    says until when it may sign, and the block stands in a chain."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
    units = [unit.value for unit in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    if organisation.role and organisation.role not in units:
        return None
    key = certificate.public_key()
    if not _issued(certificate, organisation.authorities) or not isinstance(key, EllipticCurvePublicKey):
        return None
    return key


def _issued(certificate: x509.Certificate, authorities: Sequence[bytes]) -> bool:
    for pem in authorities:
        try:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(pem))
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False
