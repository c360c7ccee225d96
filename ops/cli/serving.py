"""`medtrace serve` and `medtrace demo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.common import AsJson, Config, Data, out, say, settings_of

# The server's imports take half a second: other commands don't wait for them.

def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(serve)


def demo(
    seed: Annotated[int | None, typer.Option(help="Another world: same seed, same world.  [default: 7]")] = None,
    packs: Annotated[int | None, typer.Option(help="About how many packs.  [default: 20000]", min=1_000, max=2_000_000)] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.  [default: 8000]")] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop when everything is decided, instead of staying up.")] = False,
    data: Annotated[Path, typer.Option("--data", help="The folder of the demonstration.")] = Path("demo-data"),
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send a small supply chain with honest mistakes and a few frauds, and show where to look."""
    from ops.demo.run import Asked
    from ops.demo.run import demo as run_demo

    if as_json:
        out.file = sys.stderr  # what is said on the way must not be mixed with the answer
    manifest = run_demo(Asked(data, config, seed, packs, port, once), out, as_json)
    if as_json:
        say(True, manifest)


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.  [default: 8000]")] = None,
    simulation: Annotated[bool | None, typer.Option("--simulation", help="Senders choose record times: never for real.")] = None,
    proxy_headers: Annotated[bool | None, typer.Option("--proxy-headers", help="Believe the proxy's headers.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.", show_default=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's key, PEM.", show_default=False)] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Run the server until SIGTERM or Ctrl+C. Make its keys first: `medtrace key init`."""
    from ops.serve import serve as run_server

    run_server(
        settings_of(
            data,
            config,
            host=host,
            port=port,
            simulation=simulation,
            proxy_headers=proxy_headers,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
    )
