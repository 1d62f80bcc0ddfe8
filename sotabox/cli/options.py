"""Settings as flags: the table of `sotabox.settings`, in argparse's terms."""

import argparse
import dataclasses
from collections.abc import Collection, Mapping

from sotabox.settings import TABLE, Row, Settings, load_settings


def add_settings(parser: argparse.ArgumentParser, names: Collection[str] | None = None) -> None:
    """Gives `parser` a flag for each setting, or for those in `names` only."""
    group = parser.add_argument_group("settings")
    for row in TABLE:
        if names is None or row.name in names:
            group.add_argument(row.flag, dest=row.name, metavar=_metavar(row), help=_help(row))


def settings_from(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """The settings of this call; flags that its command doesn't have count as not given.

    Raises:
        Invalid: a value that makes no sense.
    """
    flags = {row.name: getattr(arguments, row.name, None) for row in TABLE}
    settings = load_settings(flags, environ)
    # A relative path means the caller's folder, and must go on meaning it for whoever we start.
    return dataclasses.replace(settings, data_dir=settings.data_dir.absolute())


def _metavar(row: Row) -> str:
    return row.unit.upper() or row.name.rpartition("_")[2].upper()


def _help(row: Row) -> str:
    default = f"default {row.default}" if row.default != "" else "default: none"
    return f"{row.help} ({default}; {row.env})".replace("%", "%%")
