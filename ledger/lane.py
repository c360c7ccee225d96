"""A batch's way up its lane's tree, read through the port, and which row is to blame when it leads nowhere."""

from __future__ import annotations

from ledger.port import Ledger
from pedigree.errors import ProofError
from pedigree.merkle import inclusion_path_from, leaf_hash, node_hash, verify_inclusion

Node = tuple[int, int]
"""(level, index)."""


class LaneTree:
    """The tree of one lane: a `pedigree.merkle.NodeSource` that reads every node once."""

    def __init__(self, ledger: Ledger, generation: int, partition: int) -> None:
        self._ledger = ledger
        self._lane = generation, partition
        self._nodes: dict[Node, bytes | None] = {}

    def get_node(self, level: int, index: int) -> bytes:
        self._load([(level, index)])
        found = self._nodes[level, index]
        if found is None:
            raise ProofError(f"{self._name((level, index))} is missing")
        return found

    def path(self, batch: int, size: int) -> list[bytes]:
        """Inclusion path of a batch in the tree of the first `size` batches. ProofError: a node is missing."""
        return inclusion_path_from(batch, size, self)

    def differs(self, record: bytes, batch: int, size: int, root: bytes) -> list[str]:
        """Rows that differ on the batch's way up to `root`, [] when all is well; ["root"] when it is none of the nodes."""
        own = [(level, batch >> level) for level in range(size.bit_length()) if (batch >> level) + 1 << level <= size]
        self._load([*own, *((level, index ^ 1) for level, index in own if (index ^ 1) + 1 << level <= size)])
        try:
            verify_inclusion(leaf_hash(record), batch, size, self.path(batch, size), root)
            holds = self._climbs(leaf_hash(record), own)
        except ProofError:
            holds = False
        return [] if holds else self._blame(record, batch, own, size) or ["root"]

    def _climbs(self, value: bytes, own: list[Node]) -> bool:
        """Whether the nodes over the batch itself, which are not on its path, are as they must be."""
        for level, index in own:
            if self._nodes[level, index] != value:
                return False
            if (level + 1, index >> 1) not in self._nodes or (level + 1, index >> 1) not in own:
                return True
            sibling = self._nodes[level, index ^ 1]
            if sibling is None:
                return False
            value = node_hash(sibling, value) if index & 1 else node_hash(value, sibling)
        return True

    def _blame(self, record: bytes, batch: int, own: list[Node], size: int) -> list[str]:
        """A changed node agrees neither with its children nor with its parent; one with a changed child disagrees below only."""
        asked = sorted({*own, *self._used(batch, size)})
        found: list[str] = []
        blamed: set[Node] = set()
        for node in asked:
            level, index = node
            self._load([node])
            if self._nodes[node] is None:
                found.append(f"{self._name(node)} is missing")
                blamed.add(node)
            elif not self._agrees_below(node, record if node == (0, batch) else None):
                parent = (level + 1, index >> 1)
                above = self._agrees_below(parent) if (index >> 1) + 1 << level + 1 <= size else None
                if above is False or (above is None and not blamed & {(level - 1, 2 * index), (level - 1, 2 * index + 1)}):
                    found.append(self._name(node))
                    blamed.add(node)
                elif level == 0:
                    found.append(f"ledger.batch {'/'.join(map(str, (*self._lane, index)))}")
        return found

    def _agrees_below(self, node: Node, record: bytes | None = None) -> bool:
        level, index = node
        if level == 0:
            if record is None:
                stored = self._ledger.receipts(*self._lane, index, 1)
                if not stored or stored[0].batch != index:
                    return False
                record = stored[0].record
            return self._nodes[node] == leaf_hash(record)
        children = [(level - 1, 2 * index), (level - 1, 2 * index + 1)]
        self._load([node, *children])
        left, right = (self._nodes[child] for child in children)
        return left is not None and right is not None and self._nodes[node] == node_hash(left, right)

    def _used(self, batch: int, size: int) -> list[Node]:
        recorder = _Recorder()
        inclusion_path_from(batch, size, recorder)
        return recorder.nodes

    def _load(self, wanted: list[Node]) -> None:
        missing = [node for node in wanted if node not in self._nodes]
        if missing:
            self._nodes.update(zip(missing, self._ledger.nodes(*self._lane, missing), strict=True))

    def _name(self, node: Node) -> str:
        return f"ledger.node {'/'.join(map(str, (*self._lane, *node)))}"


class _Recorder:
    """A NodeSource that only notes what is asked."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def get_node(self, level: int, index: int) -> bytes:
        self.nodes.append((level, index))
        return bytes(32)
