"""Every setting, in one validated object: defaults < TOML file < `MEDTRACE_*` in the environment < the command's options."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from ops.settings_stack import StackSettings
from pedigree.errors import SettingsError

PREFIX = "MEDTRACE_"
CONFIG = "MEDTRACE_CONFIG"
NOT_SETTINGS = {CONFIG, "MEDTRACE_PYTHON", "MEDTRACE_URL", "MEDTRACE_API_KEY"}
"""Environment names of ours that are read elsewhere: by the launcher and by the commands that are clients."""


class Settings(StackSettings):
    """Times are in the unit that the name says. `data` is the only folder that is written."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    data: Path = Field(default=Path("data"), description="the folder that holds everything; set it to a folder you may write")
    origin: str = Field(default="medtrace.local", pattern=r"^[a-z0-9.-]{1,100}$", description="the network's name in proofs")
    signer: str = Field(default="operator", pattern=r"^[!-~]{1,100}$", description="the organisation that signs proofs here")

    host: str = Field(default="127.0.0.1", min_length=1, description="the address to listen on; 0.0.0.0 for all")
    port: int = Field(default=8000, ge=1, le=65535, description="a number from 1 to 65535")
    public_url: str = Field(default="", description="the address that people's codes lead to, such as https://id.example.org")
    tls_cert: Path | None = Field(default=None, description="a PEM file with the certificate chain; set tls_key too")
    tls_key: Path | None = Field(default=None, description="a PEM file with the certificate's key; set tls_cert too")
    proxy_headers: bool = Field(default=False, description="true behind a proxy that sets X-Forwarded-For and -Proto")
    trusted_proxies: str = Field(default="127.0.0.1", description="comma-separated addresses or networks of the proxies")

    partitions: int = Field(default=4, ge=1, le=64, description="a number from 1 to 64, fixed once the data folder is made")
    simulation: bool = Field(default=False, description="true lets clients choose record times; every page then says so")
    checkpoint_seconds: float = Field(default=10.0, ge=0.1, le=3600, description="seconds between checkpoints, 0.1 to 3600")
    tick_seconds: float = Field(default=60.0, ge=0.1, le=86400, description="seconds between ticks, 0.1 to 86400")
    observations_days: int = Field(default=30, ge=1, le=3650, description="how long observations are kept, 1 to 3650 days")

    max_document_bytes: int = Field(default=20_000_000, ge=10_000, le=500_000_000, description="bytes of one document, 10 kB up")
    max_document_events: int = Field(default=20_000, ge=1, le=1_000_000, description="events of one document, 1 to 1000000")
    max_event_units: int = Field(default=10_000, ge=1, le=10_000, description="units that one event lists, 1 to 10000")
    max_paper_bytes: int = Field(default=20_000_000, ge=1_000, le=200_000_000, description="bytes of one paper, 1 kB up")
    capture_workers: int = Field(default=1, ge=0, le=64, description="processes that read large documents, 0 to 64")
    public_per_minute: int = Field(default=120, ge=1, le=1_000_000, description="public pages a minute and address, 1 to 1000000")
    webhook_hosts: str = Field(default="", description="comma-separated hosts that subscriptions may be sent to; none if empty")
    min_free_mb: int = Field(default=200, ge=0, description="below this much free disk captures are refused with 503")
    max_log_mb: int = Field(default=0, ge=0, description="quota of each topic of the log, 0 for none")

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="debug, info, warning or error")
    log_format: Literal["json", "console"] = Field(default="json", description="json or console")
    log_file: Path | None = Field(default=None, description="a file to log to instead of stderr")

    consortium_key: SecretStr | None = Field(default=None, description="the consortium key's text; or use consortium_key_file")
    consortium_key_file: Path | None = Field(default=None, description="its file; keys/consortium.key in the data folder")
    gateway_key: SecretStr | None = Field(default=None, description="the gateway's SM2 key in PEM; or use gateway_key_file")
    gateway_key_file: Path | None = Field(default=None, description="its file; keys/gateway.pem in the data folder")

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("is no http or https address")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _pairs(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: set both or none")
        for name in ("tls_cert", "tls_key"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name}: there is no file {path}")
        for name in ("consortium_key", "gateway_key"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"{name} and {name}_file are both set: set one of them")
        return self

    @property
    def url(self) -> str:
        """Where this server is reached: the public address, or the one it listens on."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.tls_cert else "http"
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def load(config: Path | None = None, **options: Any) -> Settings:
    """Read and validate everything. Options that are None count as not given.

    Raises SettingsError that names each wrong setting, what it was, and what to set.
    """
    config = config or (Path(os.environ[CONFIG]) if os.environ.get(CONFIG) else None)
    faults = _unknown_in_environment()
    given = _read(config) if config else {}
    overridden = {name.upper().removeprefix(PREFIX) for name, value in os.environ.items() if value}
    given = {name: value for name, value in given.items() if name.upper() not in overridden}
    given |= {name: value for name, value in options.items() if value is not None}
    try:
        return _checked(Settings(**given), faults)
    except ValidationError as error:
        raise SettingsError("\n".join([*faults, *(_fault(one) for one in error.errors(include_url=False))])) from error


def _checked(made: Settings, faults: list[str]) -> Settings:
    if faults:
        raise SettingsError("\n".join(faults))
    return made


def _read(path: Path) -> dict[str, Any]:
    """Relative paths in the file start at the file's own folder."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error
    for name in values.keys() & paths():
        if isinstance(values[name], str) and values[name]:
            values[name] = path.parent / values[name]
    return values


def paths() -> set[str]:
    """Settings that are files or folders."""
    return {name for name, field in Settings.model_fields.items() if field.annotation in (Path, Path | None)}


def secrets() -> set[str]:
    """Settings that must never be shown."""
    return {name for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None}


def _unknown_in_environment() -> list[str]:
    names = [name for name in os.environ if name.startswith(PREFIX) and name not in NOT_SETTINGS]
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return [_unknown(name, sorted(known)) for name in sorted(names) if name.upper() not in known]


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"{name}: there is no such setting{f'; do you mean {near[0]}?' if near else ''}"


def _fault(error: Any) -> str:
    """One line of a ValidationError in words that say what to do; a secret's value is never repeated."""
    name = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return _unknown(name, sorted(Settings.model_fields))
    said = str(error["msg"]).removeprefix("Value error, ")
    if not name:
        return said
    field = Settings.model_fields[name]
    value = "" if name in secrets() else f" {str(error['input'])[:100]!r}"
    return f"{name} ({PREFIX}{name.upper()}):{value} {said[:1].lower()}{said[1:]}; set {field.description}"
