"""Merging one key into the engine's configuration."""

import json

import pytest

from sotabox.cli.live_restore import merge_live_restore
from sotabox.errors import Conflict


@pytest.mark.parametrize("text", ["", "  \n", "{}"])
def test_empty_configuration_gets_the_key(text: str) -> None:
    """Where there was no configuration, there is one with live-restore."""
    assert json.loads(merge_live_restore(text, "f")) == {"live-restore": True}


def test_other_keys_stay_as_they_are() -> None:
    """Whatever I configured in Docker stays, in its order."""
    mine = {"data-root": "/mnt/docker", "log-opts": {"max-size": "10m"}, "live-restore": False}
    merged = merge_live_restore(json.dumps(mine), "f")
    assert list(json.loads(merged).items()) == list({**mine, "live-restore": True}.items())


@pytest.mark.parametrize("text", ["{broken", "[]", '"text"'])
def test_broken_configuration_is_left_alone(text: str) -> None:
    """A file that Docker can't read either is named, not overwritten."""
    with pytest.raises(Conflict, match=r"daemon\.json"):
        merge_live_restore(text, "/etc/docker/daemon.json")
