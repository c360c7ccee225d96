"""Whom the index believes: blocks that continue the channel, and that enough of its orderers have signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2

from ledger.fabric.blocks import header_of
from ledger.fabric.errors import BlockError
from ledger.fabric.orderers import check_signatures, orderers_of
from tests.contract.ledger_world import LedgerWorld
from tests.integration.channel import Line
from tests.integration.fake_network import FakeNetwork


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(31)


def test_a_peer_that_forges_a_block_is_not_believed(line: Line, world: LedgerWorld) -> None:
    peer = line.gateway(faults={"Deliver": lambda: "forged" if len(line.network.blocks) > 2 else ""})
    ledger = line.ledger(peer)
    batches = list(world.batches())
    ledger.commit(batches[0])
    with pytest.raises(BlockError, match="are not those of its header"):
        ledger.commit(batches[1])
    assert ledger.head(0, 0).size == 1


def _unsigned(block: common_pb2.Block) -> common_pb2.Block:
    block.metadata.metadata[0] = b""
    return block


def _unchained(block: common_pb2.Block) -> common_pb2.Block:
    block.header.previous_hash = bytes(32)
    return block


@pytest.mark.parametrize(
    ("alter", "words"),
    [(_unsigned, "0 good orderer signatures of 1"), (_unchained, "does not continue block 0"), (None, "0 good")],
)
def test_blocks_continue_the_channel_and_are_signed_by_its_orderers(
    line: Line, world: LedgerWorld, alter: Callable[[common_pb2.Block], common_pb2.Block] | None, words: str
) -> None:
    if alter is not None:
        line.network.alter = alter
    else:  # a member's client is no orderer
        line.network.orderer = line.network.clients["regulator"]
    with pytest.raises(BlockError, match=words):
        line.ledger(line.gateway()).commit(next(iter(world.batches())))


def test_another_channels_peer_is_told_by_its_first_block(line: Line, world: LedgerWorld) -> None:
    line.network.blocks[0] = FakeNetwork().blocks[0]
    with pytest.raises(BlockError, match="of another channel"):
        line.ledger(line.gateway()).commit(next(iter(world.batches())))


def test_a_bft_block_needs_a_quorum_of_its_consenters(line: Line) -> None:
    network = line.network
    ids = [network.books["regulator"].identity("orderer") for _ in range(4)]
    block = common_pb2.Block.FromString(network.blocks[0])
    orderers = orderers_of(block)
    assert orderers is not None
    pems = [identities_pb2.SerializedIdentity.FromString(one.creator).id_bytes for one in ids]
    orderers = orderers._replace(consenters=tuple((number, "regulator", pem) for number, pem in enumerate(pems, 1)))

    def signed(*numbers: int) -> common_pb2.Block:
        made = common_pb2.Block()
        made.CopyFrom(block)
        metadata = common_pb2.Metadata(value=b"value")
        for number in numbers:
            part = common_pb2.IdentifierHeader(identifier=number, nonce=b"n").SerializeToString()
            signature = ids[number - 1].sign(b"value" + part + header_of(block).der)
            metadata.signatures.append(common_pb2.MetadataSignature(identifier_header=part, signature=signature))
        made.metadata.metadata[0] = metadata.SerializeToString()
        return made

    assert orderers.needed == 3
    assert check_signatures(signed(1, 2, 4), orderers) == ("regulator",) * 3
    for numbers in ((1, 2), (1, 2, 2), (3,), ()):
        with pytest.raises(BlockError, match="of 3 needed"):
            check_signatures(signed(*numbers), orderers)
