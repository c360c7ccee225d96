"""The trees against the recursive definitions of RFC 9162, section 2.1, written down here as plainly as there."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pedigree.errors import ProofError
from pedigree.merkle import (
    EMPTY_ROOT,
    Frontier,
    MemoryTree,
    consistency_path,
    consistency_path_from,
    inclusion_path,
    inclusion_path_from,
    leaf_hash,
    root,
    root_from,
    verify_consistency,
    verify_inclusion,
)


def plain(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(data: list[bytes]) -> bytes:
    if not data:
        return plain(b"")
    if len(data) == 1:
        return plain(b"\x00" + data[0])
    k = split(len(data))
    return plain(b"\x01" + mth(data[:k]) + mth(data[k:]))


def path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    return [*path(m, data[:k]), mth(data[k:])] if m < k else [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], False), mth(data[:k])]


def leaves_of(size: int) -> list[bytes]:
    return [b"leaf %d" % at for at in range(size)]


class Store:
    """What a ledger's table of nodes does: every node once, none asked for that was not saved."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0

    def get_node(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.nodes[level, index]


def grown(size: int) -> tuple[Store, Frontier]:
    store, frontier = Store(), Frontier()
    for data in leaves_of(size):
        for level, index, value in frontier.append(leaf_hash(data)):
            assert (level, index) not in store.nodes
            store.nodes[level, index] = value
    return store, frontier


@pytest.mark.parametrize("size", range(34))
def test_every_small_tree_equals_the_definitions(size: int) -> None:
    data = leaves_of(size)
    hashes = [leaf_hash(item) for item in data]
    store, frontier = grown(size)
    expected = mth(data)
    assert root(hashes) == frontier.root() == root_from(size, store) == MemoryTree(hashes).root() == expected
    for at in range(size):
        found = inclusion_path(at, hashes)
        assert found == inclusion_path_from(at, size, store) == path(at, data)
        verify_inclusion(hashes[at], at, size, found, expected)
    for old in range(size + 1):
        found = consistency_path(old, hashes)
        assert found == consistency_path_from(old, size, store) == (subproof(old, data, True) if 0 < old < size else [])
        verify_consistency(old, size, mth(data[:old]), expected, found)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_proof_never_passes(draw: st.DataObject) -> None:
    size = draw.draw(st.integers(2, 70))
    hashes = [leaf_hash(item) for item in leaves_of(size)]
    at = draw.draw(st.integers(0, size - 1))
    good = inclusion_path(at, hashes)
    top = root(hashes)
    other = bytes(32)
    for broken in [good[:-1], [*good, other], *([*good[:k], other, *good[k + 1 :]] for k in range(len(good)))]:
        with pytest.raises(ProofError):
            verify_inclusion(hashes[at], at, size, broken, top)
    wrong = draw.draw(st.integers(0, size - 1).filter(lambda index: index != at))
    with pytest.raises(ProofError):
        verify_inclusion(hashes[at], wrong, size, good, top)
    with pytest.raises(ProofError):
        verify_inclusion(other, at, size, good, top)
    old = draw.draw(st.integers(1, size - 1))
    chain = consistency_path(old, hashes)
    for broken in [chain[:-1], [*chain, other], *([*chain[:k], other, *chain[k + 1 :]] for k in range(len(chain)))]:
        with pytest.raises(ProofError):
            verify_consistency(old, size, root(hashes[:old]), top, broken)
    changed = [other, *hashes[1:]]
    with pytest.raises(ProofError):
        verify_consistency(old, size, root(changed[:old]), top, chain)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 40), st.booleans())
def test_random_numbers_and_paths_give_proof_errors_only(index: int, size: int, length: int, small: bool) -> None:
    hashes = [bytes([at]) * (31 if small else 32) for at in range(length)]
    with pytest.raises(ProofError):
        verify_inclusion(bytes(32), index, size, hashes, b"\1" * 32)
    with pytest.raises(ProofError):
        verify_consistency(index, size, bytes(32), b"\1" * 32, hashes)


@given(st.integers(0, 200), st.integers(0, 60))
def test_a_frontier_survives_its_encoding_and_goes_on_alike(size: int, more: int) -> None:
    _, frontier = grown(size)
    again = Frontier.decode(frontier.encode())
    copied = frontier.copy()
    for data in leaves_of(more):
        frontier.append(leaf_hash(data))
        again.append(leaf_hash(data))
    assert (again.size, again.root(), again.encode()) == (frontier.size, frontier.root(), frontier.encode())
    assert copied.size == size


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(9), bytes([0] * 7 + [3]) + bytes(32), bytes([0] * 7 + [1]) + bytes(33)])
def test_bytes_that_are_no_frontier_are_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        Frontier.decode(data)


def test_paths_of_a_large_tree_take_a_logarithm_of_reads() -> None:
    store, frontier = grown(20_001)
    for at in (0, 9_999, 16_384, 20_000):
        store.reads = 0
        verify_inclusion(leaf_hash(b"leaf %d" % at), at, 20_001, inclusion_path_from(at, 20_001, store), frontier.root())
        assert store.reads <= 30
    store.reads = 0
    found = consistency_path_from(12_345, 20_001, store)
    verify_consistency(12_345, 20_001, root_from(12_345, store), frontier.root(), found)
    assert store.reads <= 60
    assert len(store.nodes) == sum(20_001 >> level for level in range(15))


def test_golden_vectors() -> None:
    hashes = [leaf_hash(item) for item in leaves_of(7)]
    assert EMPTY_ROOT.hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
    assert hashes[0].hex() == "265a931c3d9e95aeffdd1d3653fdc5ddc0c50100e656bdef4aeba09fd43bebea"
    assert root(hashes).hex() == "3c5f82a412484065b04e04b396fcdd521733baa7e2901b9b7d4487873eab1380"
    frontier = Frontier()
    for value in hashes:
        frontier.append(value)
    assert plain(frontier.encode()).hex() == "6d7d33ab5aa5988d4aee0bc87d7a1712fff53c630b4fff4fc3a7711ef4445c22"
