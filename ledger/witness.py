"""The witness: an organisation's own eye on the ledger. It signs each changed lane every ten seconds.

What it signs depends on the lane and the boundary only, so that signatures of several witnesses meet over the same bytes. It
signs nothing that does not continue what it signed before: from the nodes of the old tree it must get the old root, and from
them and every batch record since the new one.
"""

from __future__ import annotations

from ledger.port import Ledger, LedgerReceipt
from pedigree.errors import ProofError, SealError
from pedigree.merkle import Frontier, leaf_hash
from pedigree.proof import Checkpoint, checkpoint_body, sign_checkpoint
from pedigree.seal import KeyRing, PrivateKey, PublicKey, ring_key

_PAGE = 500


class Witness:
    """`signer`: the organisation; `origin`: the network; both stand in what is signed. Times in ms UTC."""

    def __init__(
        self, ledger: Ledger, key: PrivateKey, signer: str, origin: str, interval_ms: int = 10_000, settle_ms: int = 5_000
    ) -> None:
        self._ledger = ledger
        self._key = key
        self._signer = signer
        self._origin = origin
        self._interval = interval_ms
        self._settle = settle_ms
        self._last: dict[tuple[int, int], Checkpoint] = {}

    def tick(self, now_ms: int) -> list[Checkpoint]:
        """Sign what is due at `now_ms`; may be called at any time and as often as one likes.

        ProofError: a lane's history is not the one that was signed before. The other lanes are signed nevertheless, then the
        error names all lanes that are not.
        """
        boundary = (now_ms - self._settle) // self._interval * self._interval
        signed: list[Checkpoint] = []
        refused: list[str] = []
        for generation, partition, _ in self._ledger.lanes():
            try:
                checkpoint = self._lane(generation, partition, boundary)
            except ProofError as wrong:
                refused.append(f"lane {generation}/{partition}: {wrong}")
                continue
            if checkpoint is not None:
                signed.append(checkpoint)
        if refused:
            raise ProofError("; ".join(refused))
        return signed

    def _lane(self, generation: int, partition: int, boundary: int) -> Checkpoint | None:
        ledger = self._ledger
        with ledger.snapshot():
            last = self._signed_before(generation, partition)
            if last is not None and last.time_ms >= boundary:
                return None
            receipt = ledger.receipt_before(generation, partition, boundary)
            if receipt is None or (last is not None and receipt.size < last.size):
                if last is None:
                    return None
                raise ProofError(f"{last.size} batches were signed, but before {boundary} there are fewer: history was changed")
            self._continues(last, receipt)
        if last is not None and receipt.size == last.size:
            return None
        body = Checkpoint(self._origin, generation, partition, receipt.size, receipt.root.hex(), boundary)
        checkpoint = sign_checkpoint(body, self._signer, self._key)
        ledger.add_checkpoint(checkpoint)
        self._last[checkpoint.lane] = checkpoint
        return checkpoint

    def _signed_before(self, generation: int, partition: int) -> Checkpoint | None:
        """From the checkpoints, but not against one's own memory or signature."""
        known = self._last.get((generation, partition))
        last = self._ledger.checkpoint(generation, partition, signer=self._signer)
        if known is not None and (last is None or last.time_ms < known.time_ms):
            raise ProofError(f"the checkpoint that was signed for {known.time_ms} is gone")
        if last is not None:
            for entry in last.signatures:
                if entry.key_id == self._key.key_id:
                    _verify_own(self._key.public, last, bytes.fromhex(entry.signature))
        return last

    def _continues(self, last: Checkpoint | None, receipt: LedgerReceipt) -> None:
        frontier = self._frontier(receipt, last.size) if last is not None else Frontier()
        if last is not None and frontier.root().hex() != last.root:
            raise ProofError(f"the first {last.size} batches are not those that were signed: history was changed")
        while frontier.size < receipt.size:
            limit = min(_PAGE, receipt.size - frontier.size)
            page = self._ledger.receipts(receipt.generation, receipt.partition, frontier.size, limit)
            if not page:
                raise ProofError(f"batch {frontier.size} is missing")
            for stored in page:
                if stored.batch != frontier.size:
                    raise ProofError(f"batch {frontier.size} is missing")
                frontier.append(leaf_hash(stored.record))
                if frontier.root() != stored.root:
                    raise ProofError(f"the root of batch {stored.batch} does not follow from its records: history was changed")
        if frontier.root() != receipt.root:
            raise ProofError(f"the root of batch {receipt.batch} is not the one that was signed: history was changed")

    def _frontier(self, receipt: LedgerReceipt, size: int) -> Frontier:
        levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
        wanted = [(level, (size >> level) - 1) for level in levels]
        peaks = self._ledger.nodes(receipt.generation, receipt.partition, wanted)
        found = [peak for peak in peaks if peak is not None]
        if len(found) != len(peaks):
            raise ProofError("nodes of the signed tree are missing")
        return Frontier(size, found)


def keyring_for(origin: str, signer: str, *keys: PublicKey) -> KeyRing:
    """The published keys of an embedded ledger: one organisation, whose signature alone makes a checkpoint. Each key signs
    checkpoints, proofs and time tokens."""
    return KeyRing(origin, 1, [ring_key(key, signer, ("checkpoint", "proof", "token")) for key in keys])


def _verify_own(public: PublicKey, checkpoint: Checkpoint, signature: bytes) -> None:
    try:
        public.verify(checkpoint_body(checkpoint), signature)
    except SealError as wrong:
        raise ProofError(f"the checkpoint that was signed for {checkpoint.time_ms} was changed: {wrong}") from wrong
