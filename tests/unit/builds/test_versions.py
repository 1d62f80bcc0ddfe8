"""Which version a person means."""

import pytest

from sotabox.builds.bases import TOOLS, image_of
from sotabox.builds.source import MemoryTree
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files, satisfies
from sotabox.errors import Invalid


@pytest.mark.parametrize(
    ("tool", "text", "version"),
    [
        ("node", "20", "20"),
        ("node", "v20.11.1", "20.11.1"),
        ("node", "20.x", "20"),
        ("node", "20.11.x", "20.11"),
        ("node", ">=18", "22"),
        ("node", ">= 18.0.0", "22"),
        ("node", "^20.1", "20"),
        ("node", "~20.11.0", "20"),
        ("node", ">=18 <21", "20"),
        ("node", "18 || 20", "20"),
        ("node", "^18.0.0 || ^20.0.0 || >=22.0.0", "22"),
        ("node", "18.x - 20.x", "20"),
        ("node", "18 - 20", "20"),
        ("node", ">=24", "24"),
        ("node", ">20", "22"),
        ("node", "<=20", "20"),
        ("node", "<22", "20"),
        ("node", "*", "22"),
        ("python", ">=3.10", "3.13"),
        ("python", ">=3.11,<3.13", "3.12"),
        ("python", "~=3.11", "3.13"),
        ("python", "~=3.11.2", "3.11"),
        ("python", "==3.12.*", "3.12"),
        ("python", ">=3.10,!=3.13.*", "3.14"),
        ("python", "^3.9", "3.13"),
        ("python", "3.12.7", "3.12.7"),
        ("frankenphp", "^8.2", "8.4"),
        ("frankenphp", "~8.2.0", "8.2"),
        ("frankenphp", ">=8.1 <8.4", "8.3"),
        ("ruby", "~> 3.3", "3.4"),
        ("ruby", "~> 3.3.0", "3.3"),
    ],
)
def test_version_is_chosen_as_meant(tool: str, text: str, version: str) -> None:
    """A pin is a pin; a minimum is the default line, or the newest that fits."""
    chosen, warnings = choose(tool, (None, Wanted(text, "a file")))
    assert (chosen.version, warnings) == (version, ())
    assert "a file" in chosen.why


def test_version_first_wish_wins() -> None:
    """What a person set today beats what a file says."""
    chosen, _ = choose("node", (Wanted("20", "a setting"), Wanted("24", "engines")))
    assert (chosen.version, chosen.why) == ("20", "a setting (20)")


def test_version_without_wish_is_the_default() -> None:
    """No version anywhere: the line that suits most."""
    assert choose("node", (None, Wanted("  ", "x")))[0].version == TOOLS["node"].default


@pytest.mark.parametrize("text", ["latest-and-greatest", ">=99", "workspace:foo"])
def test_version_unreadable_wish_warns(text: str) -> None:
    """A wish that can't be met is said, not ignored."""
    chosen, warnings = choose("node", (Wanted(text, "engines"),))
    assert chosen.version == "22"
    assert "engines" in warnings[0]


def test_version_end_of_life_warns() -> None:
    """An old line is used as asked, with a word about it."""
    chosen, warnings = choose("node", (Wanted("16.20.2", ".nvmrc"),))
    assert chosen.version == "16.20.2"
    assert "security" in warnings[0]


def test_satisfies_pre_release_is_its_version() -> None:
    """A tag after the numbers doesn't confuse."""
    assert satisfies("20", ">=18.0.0-rc.1")


def test_defaults_are_known_lines_in_order() -> None:
    """The table is consistent: defaults are lines, none has ended."""
    for name, tool in TOOLS.items():
        assert not tool.lines or tool.default in tool.lines, name
        assert choose(name, ())[1] == (), name


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"mise.toml": '[tools]\nnode = "20"'}, "20"),
        ({"mise.toml": "[tools]\nnode = 20"}, "20"),
        ({".mise.toml": '[tools]\nnodejs = ["18", "20"]'}, "18"),
        ({"mise.toml": '[tools]\nnode = {version = "22.1"}'}, "22.1"),
        ({".tool-versions": "python 3.12\nnodejs 20.1.0 # why\n"}, "20.1.0"),
        ({"mise.toml": "broken", ".tool-versions": "node 20"}, "20"),
        ({"mise.toml": '[tools]\npython = "3"'}, None),
        ({}, None),
    ],
)
def test_tool_files_are_read(files: dict[str, str], version: str | None) -> None:
    """Versions are read where people put them."""
    found = from_tool_files(MemoryTree(files), "node", "nodejs")
    assert (found.text if found else None) == version


def test_version_file_first_saying_line_counts() -> None:
    """Comments and empty lines say nothing."""
    tree = MemoryTree({".nvmrc": "\n# lts\nv20\n", "runtime.txt": "python-3.12.4"})
    assert from_file(tree, ".nvmrc") == Wanted("v20", ".nvmrc")
    assert from_file(tree, "runtime.txt", lambda t: t.removeprefix("python-")) == Wanted(
        "3.12.4", "runtime.txt"
    )
    assert from_file(tree, "none") is None


def test_image_of_takes_the_boxs_own_bases() -> None:
    """A mirror or a hardened image replaces the official one."""
    assert image_of("node", "20") == "node:20-slim"
    assert image_of("node", "") == "node:22-slim"
    assert (
        image_of("node", "20", {"node": "mirror.example/node:{version}"})
        == "mirror.example/node:20"
    )
    assert image_of("node", "20", {"node": "local/node"}) == "local/node"
    with pytest.raises(Invalid, match="not a valid template"):
        image_of("node", "20", {"node": "x:{tag}"})
