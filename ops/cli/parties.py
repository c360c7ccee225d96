"""`medtrace party`: who takes part, with their places and GS1 company prefixes."""

from __future__ import annotations

from typing import Annotated, get_args

import msgspec
import typer

from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, out, say, settings_of, table
from ops.clock import now_ms
from ops.facts import open_facts
from pedigree.errors import SettingsError
from pedigree.facts import OPERATOR, Party, PartyRole, Site, fact_of

app = typer.Typer(no_args_is_help=True, help="Parties: who takes part, their places and company prefixes.")


@app.command()
def add(
    gln: Annotated[str, typer.Argument(help="The party's GLN, 13 digits.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    role: Annotated[str, typer.Option(help=" | ".join(get_args(PartyRole)))],
    prefix: Annotated[list[str] | None, typer.Option(help="A GS1 company prefix of it; repeat for more.")] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="A place as `GLN`, `GLN,name` or `GLN,name,city`; repeat for more.")
    ] = None,
    seal_required: Annotated[bool, typer.Option("--seal-required", help="Take its documents only with a seal.")] = False,
    precision: Annotated[int, typer.Option(help="How exactly it notes event times, in minutes; 0 = ten.")] = 0,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add a party, or replace what is known about it."""
    if role not in get_args(PartyRole):
        raise SettingsError(f"--role must be one of {', '.join(get_args(PartyRole))}, not {role}")
    party = Party(
        id=gln,
        name=name,
        role=role,  # type: ignore[arg-type]  # checked above
        prefixes=tuple(prefix or ()),
        sites=tuple(_site(text) for text in site or ()),
        seal_required=seal_required,
        precision_ms=precision * 60_000,
    )
    with open_facts(settings_of(data, config)) as facts:
        version = facts.state(fact_of("party", party, OPERATOR, now_ms()))
    say(as_json, {"party": gln, "version": version}, f"party {gln} is known now (registry version {version})")


@app.command("list")
def list_(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All parties."""
    with open_facts(existing(settings_of(data, config))) as facts:
        parties = facts.registry.parties()
    rows = [(one.id, one.name, one.role, ", ".join(one.prefixes), len(one.sites)) for one in parties]
    say(
        as_json,
        {"parties": [msgspec.to_builtins(one) for one in parties]},
        lambda: table("Parties", ("GLN", "name", "role", "prefixes", "places"), rows, "there are no parties yet"),
    )


@app.command()
def show(
    gln: Annotated[str, typer.Argument(help="The party's GLN.")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """One party: places, prefixes, keys."""
    with open_facts(existing(settings_of(data, config))) as facts:
        known = facts.registry
    party = known.party(gln)
    if party is None:
        raise CommandError(f"there is no party {gln}", Exit.FOUND)
    keys = [one for one in known.api_keys() if one.party == gln]

    def text() -> None:
        out.print(f"[bold]{party.name}[/] ({party.role}), GLN {party.id}")
        out.print(f"prefixes: {', '.join(party.prefixes) or 'none'}")
        out.print(f"seals: {'required' if party.seal_required else 'not required'}")
        table("Places", ("GLN", "name", "city"), [(one.gln, one.name, one.city) for one in party.sites], "places: none")
        rows = [(one.id, ", ".join(one.roles), "revoked" if one.revoked else "in use") for one in keys]
        table("API keys", ("id", "roles", "state"), rows, "API keys: none")

    shown = [{"id": one.id, "roles": one.roles, "revoked": one.revoked} for one in keys]
    say(as_json, {"party": msgspec.to_builtins(party), "keys": shown}, text)


def _site(text: str) -> Site:
    gln, _, rest = text.partition(",")
    name, _, city = rest.partition(",")
    return Site(gln=gln.strip(), name=name.strip(), city=city.strip())
