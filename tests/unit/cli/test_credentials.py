"""The logins of a person, beside those of the official command line."""

import json
import stat
from pathlib import Path

import pytest

from sotabox.cli.credentials import (
    Credentials,
    credentials_path,
    read_credentials,
    write_credentials,
)
from sotabox.errors import Invalid

BOX, OTHER = "https://box.example.com", "https://other.example.com"


def test_login_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the machine can read my key, also not for a moment."""
    path = credentials_path({"HOME": str(tmp_path)})
    write_credentials(path, Credentials().with_box(BOX, "sota_1"))
    assert path == tmp_path / ".config/sota/credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_credentials(path).key_for(BOX) == "sota_1"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_official_program_finds_the_newest_login() -> None:
    """Its one key stands where it looks for it; what it keeps beside stays."""
    content = (
        Credentials({"theme": "dark"}).with_box(BOX, "sota_1").with_box(OTHER, "sota_2").content
    )
    assert (content["api_key"], content["theme"]) == ("sota_2", "dark")


def test_login_of_the_official_program_is_found() -> None:
    """A key that the official program left is good for the box that I name."""
    assert Credentials({"api_key": "sota_1"}).key_for(BOX) == "sota_1"


def test_key_of_one_box_is_never_shown_to_another() -> None:
    """A mistyped address does not get the key of my box."""
    logged_in = Credentials().with_box(BOX, "sota_1")
    assert logged_in.key_for(OTHER) is None
    assert Credentials({"api_key": "sota_1", "api_url": BOX}).key_for(OTHER) is None


def test_logout_of_one_box_keeps_the_other() -> None:
    """Leaving a box makes the other one current; leaving both leaves nothing."""
    both = Credentials().with_box(BOX, "sota_1").with_box(OTHER, "sota_2")
    one = both.without_box(OTHER)
    assert (one.current, one.key_for(BOX), one.key_for(OTHER)) == (BOX, "sota_1", None)
    assert one.without_box(BOX).content == {}


def test_last_logout_removes_the_file(tmp_path: Path) -> None:
    """After the last logout no trace of a key is left."""
    path = tmp_path / "credentials.json"
    write_credentials(path, Credentials().with_box(BOX, "sota_1"))
    write_credentials(path, read_credentials(path).without_box(BOX))
    assert not path.exists()


@pytest.mark.parametrize("text", ["{", "[]", json.dumps("x")])
def test_broken_file_is_named(tmp_path: Path, text: str) -> None:
    """A file that somebody broke is named, and not replaced behind my back."""
    path = tmp_path / "credentials.json"
    path.write_text(text)
    with pytest.raises(Invalid, match=r"credentials\.json"):
        read_credentials(path)


def test_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    """A home that is no folder, or is not mine, is said to be so: a login ends in a sentence."""
    (tmp_path / "home").touch()
    path = tmp_path / "home" / ".config" / "credentials.json"
    with pytest.raises(Invalid, match=r"credentials\.json can't be written: Not a directory"):
        write_credentials(path, Credentials().with_box(BOX, "sota_1"))
