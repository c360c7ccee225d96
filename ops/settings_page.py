"""`python -m ops.settings_page > docs/settings.md`: the reference of all settings, made from the settings themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ops.settings import CONFIG, NOT_SETTINGS, PREFIX, Settings, secrets

SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("What runs", "", ("data", "backend", "ledger", "graph", "origin", "signer", "partitions", "simulation")),
    ("The server", "", ("host", "port", "public_", "tls_", "proxy_headers", "trusted_proxies", "webhook_hosts")),
    ("Limits of documents and disks", "", ("max_", "capture_workers", "min_free_mb")),
    ("Time", "", ("checkpoint_seconds", "tick_seconds", "observations_days")),
    ("Keys", "The server's own; `medtrace key init` makes what is missing.", ("consortium_key", "gateway_key")),
    ("Logs and traces", "", ("log_", "otlp_endpoint")),
    ("Kafka", "They count with `backend = \"stack\"`.", ("kafka_",)),
    ("Neo4j", "They count with `graph = \"neo4j\"`.", ("neo4j_",)),
    ("Fabric", "It counts with `ledger = \"fabric\"`.", ("fabric_",)),
    ("Processes of the stack", "", ("worker", "follow_custody")),
)  # fmt: skip
"""(title, words, names or beginnings of names). The first section that takes a setting has it."""
_HEAD = f"""# Settings

Made from `ops/settings.py` and `ops/settings_stack.py` by `python -m ops.settings_page`; a test holds it current.

A setting comes from, the later over the earlier: its default, a TOML file (`--config FILE` or `{CONFIG}`), the environment, an
option of the command. In the file its name is as below; in the environment it is `{PREFIX}` and the name in capitals, such as
`{PREFIX}DATA`. Relative paths in the file begin at the file's folder. An unknown name, or a value that can't work, ends the
program with exit code 2 and a line that names the setting, what it was, and what to set.

Secrets never appear in a log or an error. Give each as a value or, better, as a file that nobody else can read (mode 600);
both at once are refused.
"""


def page() -> str:
    """The text of docs/settings.md."""
    left = dict(Settings.model_fields)
    parts = [_HEAD]
    for title, words, begins in SECTIONS:
        taken = {name: left.pop(name) for name in list(left) if name.startswith(begins)}
        parts.append(f"## {title}\n" + (f"\n{words}\n" if words else ""))
        rows = [f"| `{name}` | {_kind(name, field)} | {_default(field)} | {field.description} |" for name, field in taken.items()]
        parts.append("\n".join(["| setting | is | default | set |", "|---|---|---|---|", *rows]) + "\n")
    if left:
        raise ValueError(f"no section of the page takes {', '.join(left)}")
    others = ", ".join(f"`{name}`" for name in sorted(NOT_SETTINGS))
    parts.append(f"Other names in the environment that are ours: {others} (the launcher and the commands that are clients).\n")
    return "\n".join(parts)


def _kind(name: str, field: FieldInfo) -> str:
    kind = field.annotation
    if name in secrets() or kind is SecretStr:
        return "secret"
    if get_origin(kind) is Literal:
        return " or ".join(f"`{one}`" for one in get_args(kind))
    kinds = [one for one in get_args(kind) or (kind,) if one is not type(None)]
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    return ", ".join(words[one] for one in kinds)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "":
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    print(page(), end="")
