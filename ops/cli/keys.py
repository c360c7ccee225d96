"""`medtrace key`: API keys and seal keys of parties, and the server's own keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, out, say, settings_of, table
from ops.clock import now_ms
from ops.facts import Facts, open_facts
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.papers import rotate_papers
from ops.secretfile import write_secret
from pedigree.errors import SealError
from pedigree.facts import OPERATOR, ApiKey, KeyRole, SealKey, fact_of
from pedigree.registry import Registry
from pedigree.seal import decode_keyring, generate_key
from services.auth import new_key

app = typer.Typer(no_args_is_help=True, help="API keys, seal keys, and the server's own keys.")


@app.command()
def init(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Make the server's own keys (consortium key, gateway key, published keys). What is there stays as it is."""
    made = KeyFiles(settings_of(data, config)).init(now_ms())
    say(as_json, {"made": made}, "\n".join(f"made {line}" for line in made) or "nothing to make: all keys are there")


@app.command()
def create(
    party: Annotated[str, typer.Argument(help="The GLN of the party that will use the key.")],
    role: Annotated[list[str] | None, typer.Option(help=f"{' | '.join(get_args(KeyRole))}; repeat for more.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. It is shown once: only its hash is stored."""
    roles = _roles(role or ["capture", "query"])
    text, fact = new_key(party, roles, now_ms())
    with open_facts(existing(settings_of(data, config))) as facts:
        facts.state(fact)
    shown = {"key": text, "id": fact.key, "party": party, "roles": roles}
    say(as_json, shown, f"{text}\n[dim]id {fact.key}; shown only now, so keep it where only {party} can read it[/]")


@app.command("list")
def list_(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """API keys, seal keys and the gateway's published keys. No secret is shown: none is stored."""
    settings = existing(settings_of(data, config))
    with open_facts(settings) as facts:
        keys, seals = facts.registry.api_keys(), _seal_keys(facts)
    ring = KeyFiles(settings).load().ring.keys if KeyFiles(settings).published.exists() else ()

    def text() -> None:
        rows = [("API key", one.id, one.party, ", ".join(one.roles), _state(one.revoked)) for one in keys]
        rows += [("seal key", one.id, one.party, "seal", _state(one.revoked)) for one in seals]
        rows += [("gateway key", one.key_id, one.signer, ", ".join(one.uses), _state(one.revoked)) for one in ring]
        table("Keys", ("kind", "id", "of", "for", "state"), rows, "there are no keys yet")

    shown = [{"id": one.id, "party": one.party, "roles": one.roles, "revoked": one.revoked} for one in keys]
    value = {"api_keys": shown, "seal_keys": msgspec.to_builtins(seals), "published": msgspec.to_builtins(ring)}
    say(as_json, value, text)


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The id of an API key, a seal key, or a gateway key.")],
    since: Annotated[
        int | None, typer.Option(help="Seal and gateway keys: not believed from this time on, ms UTC (0 = always).")
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key. An API key stops at once; of a stolen seal or gateway key also say since when."""
    settings, now = existing(settings_of(data, config)), now_ms()
    at = now if since is None else since
    with open_facts(settings) as facts:
        api = _api_key(facts.registry, id)
        seal = next((one for one in _seal_keys(facts) if one.id == id), None)
        if api is not None:
            facts.state(fact_of("key", msgspec.structs.replace(api, revoked=now), OPERATOR, now))
        elif seal is not None:  # in facts 0 means "not revoked", so always is written 1
            facts.state(fact_of("seal_key", msgspec.structs.replace(seal, revoked=max(1, at)), OPERATOR, now))
        else:
            KeyFiles(settings).revoke(id, at)
    say(as_json, {"revoked": id}, f"key {id} is revoked")


@app.command()
def rotate(
    what: Annotated[str, typer.Argument(help="`gateway`, `consortium`, `papers`, or the id of an API key.")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Replace a key by a new one. Whatever was signed or anchored with the old one stays good."""
    settings, now = existing(settings_of(data, config)), now_ms()
    if what == "gateway":
        id = KeyFiles(settings).rotate_gateway(now)
        say(as_json, {"gateway": id}, f"the gateway signs with key {id}; the old one stays published, until a minute from now")
    elif what == "consortium":
        version = KeyFiles(settings).rotate_consortium()
        say(as_json, {"consortium": version}, f"units that are new from now on use version {version} of the consortium key")
    elif what == "papers":
        version = rotate_papers(Layout(settings.data))
        say(as_json, {"papers": version}, f"papers from now on are sealed under version {version} of their secret")
    else:
        with open_facts(settings) as facts:
            old = _api_key(facts.registry, what)
            if old is None or old.revoked:
                raise CommandError(f"there is no API key {what} in use", Exit.USAGE)
            text, fact = new_key(old.party, old.roles, now)
            facts.state(fact, fact_of("key", msgspec.structs.replace(old, revoked=now), OPERATOR, now))
        say(as_json, {"key": text, "id": fact.key, "revoked": what}, f"{text}\n[dim]id {fact.key}; key {what} is revoked[/]")


@app.command()
def seal(
    party: Annotated[str, typer.Argument(help="The GLN of the party that will seal with it.")],
    file: Annotated[Path, typer.Option("--out", help="Where to write the private key (PEM, mode 600).")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make an SM2 seal key for a party and register its public half. The private half is written to a file only."""
    if file.exists():
        raise CommandError(f"{file} exists; a key is never overwritten", Exit.USAGE)
    key, now = generate_key(), now_ms()
    made = SealKey(id=key.key_id, public_key=key.public.point.hex(), party=party, since=now)
    with open_facts(existing(settings_of(data, config))) as facts:
        write_secret(file, key.to_pem().decode())
        facts.state(fact_of("seal_key", made, OPERATOR, now))
    say(as_json, {"id": key.key_id, "party": party, "file": str(file)}, f"seal key {key.key_id} of {party}: {file}")


@app.command()
def publish(data: Data = None, config: Config = None) -> None:
    """Print the published keys, which `medtrace proof verify` checks proofs with."""
    out.print(KeyFiles(existing(settings_of(data, config))).published.read_text(encoding="utf-8"), end="", markup=False)


@app.command()
def witnesses(
    file: Annotated[Path, typer.Argument(help="The channel's published keys, witnesses.json of its network.")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Publish a Fabric channel's witnesses: from now on a checkpoint needs as many of their signatures as the file says."""
    files = KeyFiles(existing(settings_of(data, config)))
    try:
        ring = decode_keyring(file.read_bytes())
    except (OSError, SealError) as broken:
        raise CommandError(f"{file} can't be read: {broken}", Exit.USAGE) from broken
    keys = [key for key in ring.keys if key.uses == ("checkpoint",)]
    files.publish_witnesses(keys, ring.threshold)
    names = sorted({key.signer for key in keys})
    value = {"witnesses": names, "threshold": ring.threshold}
    say(as_json, value, f"a checkpoint needs {ring.threshold} of {len(names)}: {', '.join(names)}")


def _roles(given: list[str]) -> tuple[KeyRole, ...]:
    wrong = [one for one in given if one not in get_args(KeyRole)]
    if wrong:
        raise CommandError(f"--role must be of {', '.join(get_args(KeyRole))}, not {', '.join(wrong)}", Exit.USAGE)
    return cast(tuple[KeyRole, ...], tuple(given))


def _api_key(known: Registry, id: str) -> ApiKey | None:
    return next((one for one in known.api_keys() if one.id == id), None)


def _seal_keys(facts: Facts) -> list[SealKey]:
    return [one for one in facts.all("seal_key") if isinstance(one, SealKey)]


def _state(revoked: int | None) -> str:
    return "in use" if not revoked else "revoked"
