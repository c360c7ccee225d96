"""`medtrace backup` and `medtrace restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ops.backup import make_backup
from ops.backup import restore as put_back
from ops.cli.common import AsJson, CommandError, Config, Data, Exit, existing, progress_bar, say, settings_of
from ops.layout import Layout, is_locked


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, or a new file that ends in .tar, .tar.gz or .tgz.")],
    with_keys: Annotated[bool, typer.Option("--with-keys", help="Copy the secret keys too; keep such a backup safe.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Copy the data folder, while the server runs."""
    settings = existing(settings_of(data, config))
    with progress_bar(as_json) as bar:
        task = bar.add_task("copying", total=None)
        manifest = make_backup(
            settings,
            target,
            keys=with_keys,
            report=lambda name, done, whole: bar.update(task, description=f"copying {name}", completed=done, total=whole),
        )
    size = sum(copied.size for copied in manifest.files)
    without = "" if with_keys else "\n[yellow]without the secret keys: keep keys/ of the data folder somewhere else[/]"
    say(
        as_json,
        {"target": str(target), "bytes": size, "manifest": msgspec.to_builtins(manifest)},
        f"{len(manifest.files)} files, {size / 1e6:.1f} MB: {target}{without}",
    )


def restore(
    source: Annotated[Path, typer.Argument(help="A backup: the folder or the file.")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into a new data folder. Nothing is put in place before every file was checked."""
    settings = settings_of(data, config)
    if is_locked(Layout(settings.data)):
        raise CommandError(f"{settings.data} is in use; restore into another folder", Exit.UNREACHABLE)
    with progress_bar(as_json) as bar:
        task = bar.add_task("checking", total=None)
        manifest = put_back(
            source,
            settings.data,
            lambda name, done, whole: bar.update(task, description=f"checking {name}", completed=done, total=whole),
        )
    missing = "" if manifest.keys else "\n[yellow]it holds no secret keys: put them into keys/ before you start the server[/]"
    say(
        as_json,
        {"data": str(settings.data), "manifest": msgspec.to_builtins(manifest)},
        f"restored {len(manifest.files)} files to {settings.data}{missing}",
    )
