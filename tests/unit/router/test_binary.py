import os
from pathlib import Path

import pytest

from sotabox.errors import RouterUnavailable
from sotabox.router.binary import find_caddy


def test_find_caddy_without_a_wish_finds_the_bundled_one() -> None:
    """Caddy comes with sotabox: nothing to install or download."""
    found = find_caddy({"PATH": ""})
    assert found.name == "caddy"
    assert os.access(found, os.X_OK)


def test_find_caddy_wish_comes_first(tmp_path: Path) -> None:
    """Another binary can be named."""
    mine = tmp_path / "my-caddy"
    mine.touch(mode=0o755)
    assert find_caddy({"SOTABOX_CADDY": str(mine)}) == mine


def test_find_caddy_lost_bit_is_given_back(tmp_path: Path) -> None:
    """An archive that forgot the executable bit does no harm."""
    mine = tmp_path / "caddy"
    mine.touch(mode=0o644)
    assert os.access(find_caddy({"SOTABOX_CADDY": str(mine)}), os.X_OK)


def test_find_caddy_wish_that_is_no_file_is_named(tmp_path: Path) -> None:
    """A mistyped path is an error with its text, not another binary in silence."""
    with pytest.raises(RouterUnavailable, match="not-there"):
        find_caddy({"SOTABOX_CADDY": str(tmp_path / "not-there")})
