"""The server's own keys: made once, kept from others' eyes, rotated without breaking what was signed before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.keys import OVERLAP_MS, KeyFiles
from ops.settings import Settings
from pedigree.errors import SealError, SettingsError
from pedigree.seal import generate_key, ring_key

NOW = 1_764_000_000_000


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    made = KeyFiles(Settings(data=tmp_path))
    made.init(NOW)
    return made


def test_init_makes_what_is_missing_and_touches_nothing_else(tmp_path: Path) -> None:
    files = KeyFiles(Settings(data=tmp_path))
    with pytest.raises(SettingsError, match="key init"):
        files.load()
    assert len(files.init(NOW)) == 3
    first = files.load()
    assert files.init(NOW) == []
    again = files.load()
    assert again.gateway.key_id == first.gateway.key_id
    assert again.consortium[0].to_text() == first.consortium[0].to_text()
    assert {key.key_id for key in again.ring.keys} == {first.gateway.key_id}


def test_secret_files_have_mode_600_and_no_other_is_accepted(files: KeyFiles) -> None:
    for path in (files.consortium, files.gateway):
        assert path.stat().st_mode & 0o777 == 0o600
        os.chmod(path, 0o640)
        with pytest.raises(SettingsError, match=r"mode 640.*chmod 600"):
            files.load()
        os.chmod(path, 0o600)
    assert files.load()


def test_rotating_the_gateway_key_keeps_old_signatures_good(files: KeyFiles) -> None:
    old = files.load().gateway
    later = NOW + 10_000
    new_id = files.rotate_gateway(later)
    keys = files.load()
    assert keys.gateway.key_id == new_id != old.key_id
    assert keys.ring.verify("checkpoint", old.key_id, NOW, b"x", old.sign(b"x")) == "operator"
    assert keys.ring.verify("checkpoint", new_id, later, b"x", keys.gateway.sign(b"x")) == "operator"
    assert keys.ring.refusal("checkpoint", old.key_id, later + OVERLAP_MS) is not None


def test_rotating_the_consortium_key_keeps_every_version(files: KeyFiles) -> None:
    first = files.load().consortium[0].to_text()
    assert files.rotate_consortium() == 2
    versions = files.load().consortium
    assert [key.version for key in versions] == [1, 2]
    assert versions[0].to_text() == first
    assert files.consortium.stat().st_mode & 0o777 == 0o600


def test_a_revoked_key_signs_nothing_more(files: KeyFiles) -> None:
    key = files.load().gateway
    files.revoke(key.key_id, 0)
    with pytest.raises(SettingsError, match="rotate gateway"):
        files.load()
    files.rotate_gateway(NOW)
    with pytest.raises(SealError):
        files.load().ring.verify("proof", key.key_id, NOW, b"x", key.sign(b"x"))


def test_keys_from_the_environment(tmp_path: Path, files: KeyFiles) -> None:
    pem, text = files.gateway.read_text(), files.consortium.read_text()
    other = KeyFiles(Settings(data=tmp_path / "other", gateway_key=pem, consortium_key=text))
    with pytest.raises(SettingsError):
        other.load()
    assert len(other.init(NOW)) == 1  # only the published half is written
    assert other.load().gateway.key_id == files.load().gateway.key_id
    assert not other.gateway.exists()
    assert not other.consortium.exists()


@pytest.mark.parametrize("text", ["", "nonsense", "medtrace-consortium-key:2:" + "00" * 32])
def test_a_broken_consortium_key_is_named_and_not_repeated(files: KeyFiles, text: str) -> None:
    files.consortium.write_text(text)
    with pytest.raises(SettingsError) as error:
        files.load()
    assert "consortium" in str(error.value)
    assert "00000000" not in str(error.value)


def test_the_stamp_changes_with_the_keys(files: KeyFiles) -> None:
    before = files.stamp()
    files.rotate_gateway(NOW)
    assert files.stamp() != before


def test_a_channel_s_witnesses_alone_say_what_stands_and_three_must(tmp_path: Path, files: KeyFiles) -> None:
    names = ("maker", "distributor", "hospital", "regulator")
    witnesses = [ring_key(generate_key().public, name, ("checkpoint",)) for name in names]
    files.publish_witnesses(witnesses, 3)
    files.rotate_gateway(NOW)  # a later change of our own keeps what the channel asks for
    ring = files.load().ring
    assert ring.threshold == 3
    assert {key.signer for key in ring.keys if "checkpoint" in key.uses} == set(names)
    assert all(set(key.uses) == {"proof", "token"} for key in ring.keys if key.signer not in names)
    again = KeyFiles(Settings(data=tmp_path))
    again.publish_witnesses(witnesses, 3)
    assert {key.key_id: key for key in again.load().ring.keys} == {key.key_id: key for key in ring.keys}
    files.publish_witnesses([], 1)
    assert files.load().ring.threshold == 1
    assert all("checkpoint" in key.uses for key in files.load().ring.keys)
