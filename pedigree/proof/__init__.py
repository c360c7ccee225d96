"""Proofs that a stranger checks offline with the published keys: batch records, checkpoints, the file a patient keeps."""

from __future__ import annotations

from pedigree.proof.acc import ZERO_ACC, chain_acc, next_acc
from pedigree.proof.batch import BatchRecord, decode_batch, encode_batch
from pedigree.proof.checkpoint import (
    Checkpoint,
    CheckpointSignature,
    checkpoint_body,
    checkpoint_hash,
    checkpoint_signers,
    decode_checkpoint,
    encode_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
    verify_checkpoint_consistency,
)
from pedigree.proof.file import Proof, ProofLeaf, decode_proof, encode_proof, issue_proof
from pedigree.proof.verify import VerifiedLane, VerifiedProof, verify_proof

__all__ = [
    "ZERO_ACC",
    "BatchRecord",
    "Checkpoint",
    "CheckpointSignature",
    "Proof",
    "ProofLeaf",
    "VerifiedLane",
    "VerifiedProof",
    "chain_acc",
    "checkpoint_body",
    "checkpoint_hash",
    "checkpoint_signers",
    "decode_batch",
    "decode_checkpoint",
    "decode_proof",
    "encode_batch",
    "encode_checkpoint",
    "encode_proof",
    "issue_proof",
    "next_acc",
    "sign_checkpoint",
    "verify_checkpoint",
    "verify_checkpoint_consistency",
    "verify_proof",
]
