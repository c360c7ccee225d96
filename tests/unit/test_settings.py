"""Settings: one place, precedence, and errors that say which setting is wrong and what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.settings import Settings, load, paths, secrets
from ops.settings_page import page
from pedigree.errors import SettingsError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("MEDTRACE_"):
            monkeypatch.delenv(name)


def _refusal(**options: object) -> str:
    with pytest.raises(SettingsError) as error:
        load(**options)
    return str(error.value)


def test_options_beat_the_environment_and_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "medtrace.toml"
    file.write_text('port = 1001\nhost = "0.0.0.0"\ndata = "store"\nsigner = "file"\n')
    monkeypatch.setenv("MEDTRACE_PORT", "1002")
    monkeypatch.setenv("MEDTRACE_SIGNER", "environment")
    made = load(file, port=1003)
    assert (made.port, made.signer, made.host) == (1003, "environment", "0.0.0.0")
    assert made.data == tmp_path / "store"  # relative to the file that says so
    monkeypatch.setenv("MEDTRACE_CONFIG", str(file))
    assert load().port == 1002


@pytest.mark.parametrize(
    ("options", "name", "advice"),
    [
        ({"port": 70_000}, "MEDTRACE_PORT", "a number from 1 to 65535"),
        ({"partitions": "many"}, "MEDTRACE_PARTITIONS", "a number from 1 to 64"),
        ({"log_level": "loud"}, "MEDTRACE_LOG_LEVEL", "debug, info, warning or error"),
        ({"public_url": "ftp://id.example.org"}, "MEDTRACE_PUBLIC_URL", "https://id.example.org"),
        ({"checkpoint_seconds": 0}, "MEDTRACE_CHECKPOINT_SECONDS", "0.1 to 3600"),
    ],
)
def test_an_error_names_the_setting_its_value_and_what_to_set(options: dict[str, object], name: str, advice: str) -> None:
    said = _refusal(**options)
    assert name in said
    assert advice in said
    assert str(next(iter(options.values()))) in said


def test_every_wrong_setting_is_named_at_once() -> None:
    assert len(_refusal(port=0, log_level="x", partitions=0).splitlines()) == 3


def test_a_misspelt_setting_is_an_error_with_a_guess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "medtrace.toml"
    file.write_text("prot = 80\n")
    with pytest.raises(SettingsError, match=r"prot: there is no such setting; do you mean port\?"):
        load(file)
    monkeypatch.setenv("MEDTRACE_PARTITION", "4")
    assert "do you mean MEDTRACE_PARTITIONS?" in _refusal()


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDTRACE_CONSORTIUM_KEY", "hush-hush")
    monkeypatch.setenv("MEDTRACE_PORT", "0")
    assert "hush" not in _refusal()
    monkeypatch.setenv("MEDTRACE_PORT", "80")
    assert "hush" not in repr(load())


def test_tls_needs_both_files_and_they_must_be_there(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    assert "belong together" in _refusal(tls_cert=cert)
    assert "there is no file" in _refusal(tls_cert=cert, tls_key=cert)


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "medtrace.toml"
    with pytest.raises(SettingsError, match="can't be read"):
        load(file)
    file.write_text("port 80")
    with pytest.raises(SettingsError, match="not TOML"):
        load(file)


def test_the_address_to_reach_it() -> None:
    assert Settings(host="0.0.0.0", port=81).url == "http://127.0.0.1:81"
    assert Settings(host="::1", port=81).url == "http://[::1]:81"
    assert Settings(public_url="https://id.example.org/").url == "https://id.example.org"


def test_the_reference_of_settings_is_current() -> None:
    written = Path(__file__).parents[2] / "docs" / "settings.md"
    assert written.read_text(encoding="utf-8") == page(), "run `python -m ops.settings_page > docs/settings.md`"
    assert all(f"| `{name}` |" in page() for name in Settings.model_fields)


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - paths() - secrets()))
def test_every_setting_that_can_be_wrong_says_what_to_set(name: str) -> None:
    field = Settings.model_fields[name]
    if field.annotation is str and not field.metadata:
        return  # any text will do
    said = _refusal(**{name: "" if field.annotation is str and field.default else "\x00 no such thing"})
    assert f"{name} (MEDTRACE_{name.upper()})" in said
    assert f"set {field.description}" in said
