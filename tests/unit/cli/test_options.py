"""Settings as flags."""

import argparse
from pathlib import Path

import pytest

from sotabox.cli.options import add_settings, settings_from


def _parse(*argv: str, names: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_settings(parser, names)
    return parser.parse_args(argv)


def test_flag_wins_over_environment() -> None:
    """What I type is what counts."""
    arguments = _parse("--http-port", "8080")
    environ = {"SOTABOX_HTTP_PORT": "81", "SOTABOX_HTTPS_PORT": "444"}
    settings = settings_from(arguments, environ)
    assert (settings.http_port, settings.https_port) == (8080, 444)


def test_command_with_few_flags_still_knows_all_settings() -> None:
    """A command that takes only --data-dir goes by the environment for the rest."""
    settings = settings_from(_parse(names=["data_dir"]), {"SOTABOX_DOMAIN": "example.com"})
    assert settings.domain == "example.com"


def test_relative_data_dir_means_the_callers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--data-dir box` is the folder here, also for processes started elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert settings_from(_parse("--data-dir", "box"), {}).data_dir == tmp_path / "box"
