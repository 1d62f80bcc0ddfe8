"""A `railpack.json` that people bring along steers our builder as well."""

import json

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.explain import explain_plan
from sotabox.builds.plan import BuildPlan
from sotabox.builds.railpack_file import parse_railpack
from sotabox.builds.source import MemoryTree
from sotabox.errors import Invalid, UnknownApp

APP = {"package.json": '{"scripts": {"start": "node a.js"}}', "a.js": ""}


def plan(config: object, more: dict[str, str] | None = None, **env: str) -> BuildPlan:
    text = config if isinstance(config, str) else json.dumps(config)
    return detect(MemoryTree({**APP, "railpack.json": text, **(more or {})}), env=env)


def test_railpack_file_sets_what_our_builder_knows() -> None:
    """Commands, packages, versions and variables are as the file says, comments or not."""
    built = plan(
        """{
          // what people write
          "packages": {"node": "20"},
          "buildAptPackages": ["...", "git"],
          "steps": {"build": {"commands": ["make a", {"cmd": "make b"}], "variables": {"A": "1"}}},
          "deploy": {
            "startCommand": "node b.js",
            "aptPackages": ["ffmpeg"],
            "variables": {"MODE": "x"},
          },
        }"""
    )
    assert built.start == "node b.js"
    assert built.run_packages == ("ffmpeg",)
    assert built.run_env["MODE"] == "x"
    assert [version.version for version in built.versions] == ["20"]
    assert built.toolchain is not None
    assert built.toolchain.packages == ("git",)
    assert built.toolchain.build[0].run == "make a && make b"
    assert built.toolchain.build_env["A"] == "1"
    assert any("railpack.json" in line for line in explain_plan(built))


def test_railpack_file_names_what_it_can_not_do_here() -> None:
    """Nothing that a person wrote is passed over in silence."""
    built = plan(
        {
            "steps": {
                "install": {"commands": ["...", "npm run extra"]},
                "lint": {"commands": ["x"]},
            },
            "deploy": {"base": {"image": "x"}},
        }
    )
    (note,) = [note for note in built.notes if note.startswith("Not read here")]
    for path in ("steps.install.commands", "steps.lint", "deploy.base"):
        assert f"{path} in railpack.json" in note
    assert "extra" not in (built.toolchain.install[0].run if built.toolchain else "")


def test_railpack_provider_is_the_only_language_that_is_asked() -> None:
    """Of an app that is two things the file says which."""
    both = {"requirements.txt": "flask\n", "main.py": "app = Flask(__name__)\n"}
    assert plan({"provider": "python"}, both).language == "python"
    assert plan({"provider": "node"}, both).language == "node"
    with pytest.raises(UnknownApp):
        plan({"provider": "ruby"}, {"Gemfile": 'gem "rubocop"\n'})


def test_railpack_file_is_weaker_than_all_that_is_nearer() -> None:
    """A variable of the project and a sotabox.toml win; a variable may name another file."""
    config = {"deploy": {"startCommand": "node b.js"}}
    assert plan(config, RAILPACK_START_CMD="node c.js").start == "node c.js"
    assert plan(config, {"sotabox.toml": 'start = "node d.js"\n'}).start == "node d.js"
    other = {"ops/rail.json": '{"deploy": {"startCommand": "node e.js"}}'}
    assert plan(config, other, RAILPACK_CONFIG_FILE="ops/rail.json").start == "node e.js"


@pytest.mark.parametrize("text", ["[]", "{", '{"provider": "cobol"}'])
def test_railpack_file_that_is_broken_is_named(text: str) -> None:
    """An error says which file, and what may stand there."""
    with pytest.raises(Invalid, match=r"railpack\.json"):
        parse_railpack(text)
