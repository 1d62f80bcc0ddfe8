"""`sotabox.toml`."""

import pytest

from sotabox.builds.appfile import KEYS, clean_path, parse_appfile
from sotabox.errors import Invalid

FULL = """
builder = "auto"
root = "./apps/web/"
dockerfile = "docker/Dockerfile"
install = "npm ci"
build = '''
npm run build
npm run extra'''
start = "node server.js"
release = "npm run migrate"
port = 3000
health = "/healthz"
packages = ["ffmpeg"]
build_packages = ["gcc"]

[versions]
node = 22
python = "3.12"

[variables]
NODE_OPTIONS = "--max-old-space-size=512"

[static]
root = "dist"
spa = true
"""


def test_appfile_every_key_sets_its_field() -> None:
    """What is documented works."""
    overrides = parse_appfile(FULL)
    assert overrides.root_directory == "apps/web"
    assert overrides.build == "npm run build\nnpm run extra"
    assert overrides.port == 3000
    assert overrides.versions == {"node": "22", "python": "3.12"}
    assert (overrides.static_root, overrides.static_fallback) == ("dist", True)
    for key in KEYS.values():
        assert getattr(overrides, key.field), key
        assert overrides.origin(key.field) == "sotabox.toml"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('strat = "x"', "'start'"),
        ('healthcheck = "/"', "'health'"),
        ("[static]\nrot = 'x'", "'static.root'"),
        ("[app]\nstart = 'x'", "'start'"),
        ("zzz = 1", "Valid keys: builder, root"),
    ],
)
def test_appfile_unknown_key_names_the_nearest(text: str, hint: str) -> None:
    """A typing mistake is an error that helps, not a setting that does nothing."""
    with pytest.raises(Invalid, match="unknown key") as caught:
        parse_appfile(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = '3000'", "port = '3000' is not valid"),
        ("port = true", "port = True is not valid"),
        ("port = 70000", "port"),
        ("root = '../x'", "root"),
        ("root = '/x'", "root"),
        ("health = 'healthz'", "health"),
        ("packages = 'ffmpeg'", "packages"),
        ("packages = ['']", "packages"),
        ("builder = 'nix'", "builder"),
        ("versions = 3", "versions"),
        ("[versions]\nnode = true", "versions"),
        ('[variables]\nA = "one\\ntwo"', "variables"),
        ("start = ''", "start"),
        ("[static]\nspa = 'yes'", "static.spa"),
        ("a = ", "not valid TOML"),
    ],
)
def test_appfile_wrong_value_is_named(text: str, message: str) -> None:
    """The key and what it should be are in the message."""
    with pytest.raises(Invalid, match=message):
        parse_appfile(text)


def test_appfile_empty_sets_nothing() -> None:
    """An empty file and an empty table are fine."""
    assert parse_appfile("# nothing\n[static]\n") == parse_appfile("")


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("a/b/", "a/b"),
        ("./a", "a"),
        (".", ""),
        ("a//b", "a/b"),
        ("a/../b", None),
        ("/a", None),
        ("a\nb", None),
    ],
)
def test_clean_path_stays_inside(path: str, clean: str | None) -> None:
    """A directory of the archive, written in any usual way."""
    assert clean_path(path) == clean
