"""The native network's parts that need no program of Hyperledger's."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from ops.fabric import processes, programs
from ops.fabric.builder import write_builder, write_package
from ops.fabric.channel import configtx, crypto_config
from ops.fabric.network import Network
from ops.fabric.nodes import Process, core_yaml, orderer_yaml
from ops.fabric.plan import MEMBERS, Folder, load_plan, make_plan, save_plan
from pedigree.errors import LedgerError, SettingsError


def test_a_plan_has_ports_of_its_own_and_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "network")
    assert load_plan(folder) is None
    plan = make_plan("bft")
    ports = [port for peer in plan.peers for port in (peer.port, peer.internal, peer.operations, peer.chaincode)]
    ports += [port for node in plan.orderers for port in (node.port, node.admin, node.operations)]
    assert len(set(ports)) == 4 * 4 + 4 * 3
    save_plan(folder, plan)
    assert load_plan(folder) == plan
    folder.plan.write_text("{")
    with pytest.raises(SettingsError, match=r"network\.json"):
        load_plan(folder)
    with pytest.raises(SettingsError, match="raft works with 1 or 3"):
        make_plan("raft", orderers=2)
    with pytest.raises(SettingsError, match="there is no network"):
        Network(tmp_path / "other").status()


@pytest.mark.parametrize("ordering", ["raft", "bft"])
def test_the_channel_asks_a_majority_and_lets_no_client_endorse(tmp_path: Path, ordering: str) -> None:
    plan = make_plan("bft" if ordering == "bft" else "raft")
    profile = configtx(plan, Folder(tmp_path))["Profiles"]["Medtrace"]
    application = profile["Application"]
    assert application["Policies"]["Endorsement"]["Rule"] == application["Policies"]["LifecycleEndorsement"]["Rule"]
    assert application["Policies"]["Endorsement"]["Rule"] == "MAJORITY Endorsement"
    rules = [one["Policies"]["Endorsement"]["Rule"] for one in application["Organizations"]]
    assert rules == [f"OR('{member}.peer')" for member in MEMBERS]
    assert all(one["AnchorPeers"] for one in application["Organizations"])
    orderer = profile["Orderer"]
    if ordering == "bft":
        assert [one["ID"] for one in orderer["ConsenterMapping"]] == [1, 2, 3, 4]
        assert orderer["SmartBFT"]["RequestBatchMaxInterval"] == orderer["BatchTimeout"]
    else:
        assert orderer["EtcdRaft"]["Options"]["TickInterval"] == "100ms"
    listed = crypto_config(plan)
    assert all(one["EnableNodeOUs"] for one in (*listed["PeerOrgs"], *listed["OrdererOrgs"]))


def test_every_node_has_what_it_does_not_run_without(tmp_path: Path) -> None:
    """Each of these keys is a trap: the node starts without it, and then does not work or is not protected."""
    plan, folder = make_plan(), Folder(tmp_path)
    core = core_yaml(plan.peers[0], plan, folder)
    assert core["peer"]["gossip"]["orgLeader"] is True
    filters = [one["name"] for one in core["peer"]["handlers"]["authFilters"]]
    assert filters == ["DefaultAuth", "ExpirationCheck", "TimeWindowCheck"]
    assert core["peer"]["discovery"]["enabled"] is True
    assert core["chaincode"]["runtimeParams"]["useWriteBatch"] is True
    assert core["vm"]["endpoint"] == ""
    orderer = orderer_yaml(plan.orderers[0], plan, folder)
    assert orderer["ChannelParticipation"] == {"Enabled": True, "MaxRequestBodySize": "1 MB"}
    assert orderer["General"]["TLS"]["Enabled"] is True
    assert orderer["Admin"]["TLS"]["ClientAuthRequired"] is True


def test_reset_removes_a_network_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(SettingsError, match="is no network"):
        Network(tmp_path).reset()
    assert (tmp_path / "thesis.txt").exists()
    network = Network(tmp_path / "network")
    network.reset()
    network.folder.crypto.mkdir(parents=True)  # one whose making broke off
    network.reset()
    assert not network.folder.root.exists()


def test_the_builder_takes_our_package_and_no_other(tmp_path: Path) -> None:
    write_builder(tmp_path / "builder")
    source, metadata, output, release = (tmp_path / name for name in ("source", "metadata", "output", "release"))
    for folder in (source, metadata, output, release):
        folder.mkdir()
    (source / "connection.json").write_text('{"address": "127.0.0.1:9"}')
    (metadata / "metadata.json").write_text(json.dumps({"type": "ccaas", "label": "medtrace"}))

    def call(name: str, *arguments: Path) -> int:
        return subprocess.run([tmp_path / "builder/bin" / name, *arguments], check=False).returncode

    assert call("detect", source, metadata) == 0
    assert call("build", source, metadata, output) == 0
    assert call("release", output, release) == 0
    assert json.loads((release / "chaincode/server/connection.json").read_text())["address"] == "127.0.0.1:9"
    (metadata / "metadata.json").write_text(json.dumps({"type": "golang", "label": "medtrace"}))
    assert call("detect", source, metadata) != 0
    (source / "connection.json").unlink()
    assert call("build", source, metadata, output) != 0


def test_a_package_is_the_same_bytes_whenever_it_is_made(tmp_path: Path) -> None:
    write_package(tmp_path / "one.tar.gz", "127.0.0.1:9")
    time.sleep(0.01)
    write_package(tmp_path / "two.tar.gz", "127.0.0.1:9")
    write_package(tmp_path / "other.tar.gz", "127.0.0.1:8")
    one, two, other = ((tmp_path / f"{name}.tar.gz").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_missing_programs_are_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("FABRIC_BIN", str(tmp_path))
    monkeypatch.setattr(programs, "CACHE", tmp_path / "none")
    with pytest.raises(programs.MissingProgramsError, match=r"peer, orderer.*set FABRIC_BIN"):
        programs.find_programs()
    for name in programs.NAMES:
        (tmp_path / name).write_text("#!/bin/sh\necho 'peer:\n Version: 2.5.1'\n")
        (tmp_path / name).chmod(0o755)
    found = programs.find_programs()
    assert found["peer"] == tmp_path / "peer"
    with pytest.raises(programs.MissingProgramsError, match=r"is Fabric 2\.5; Medtrace needs 3\.1"):
        programs.check_version(found)


def test_processes_are_found_again_stopped_and_their_last_words_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sleeps = Process("sleeper", sys.executable, ("-c", "import time; time.sleep(60)"), {}, tmp_path)
    pid = processes.start(sleeps, {}, folder)
    assert processes.start(sleeps, {}, folder) == processes.pid_of("sleeper", folder) == pid
    processes.check_running(["sleeper"], folder)
    processes.stop(["sleeper", "never started"], folder)
    assert processes.pid_of("sleeper", folder) is None
    (folder.pids / "sleeper.pid").write_text("1 12345\n")  # the number of another process by now
    assert processes.pid_of("sleeper", folder) is None
    dies = Process("dier", sys.executable, ("-c", "raise SystemExit('no room')"), {}, tmp_path)
    processes.start(dies, {}, folder)
    deadline = time.monotonic() + 10
    while processes.pid_of("dier", folder) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    with pytest.raises(LedgerError, match="dier has ended: no room"):
        processes.check_running(["dier"], folder)
