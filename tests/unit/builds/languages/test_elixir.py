"""The shapes of Elixir apps, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp

PHOENIX = """defmodule Kite.MixProject do
  def project, do: [app: :kite, version: "0.1.0", elixir: "~> 1.15", aliases: aliases()]
  defp deps, do: [{:phoenix, "~> 1.7"}, {:ecto_sql, "~> 3.10"}]
  defp aliases do
    ["assets.setup": ["tailwind.install"], "assets.deploy": ["tailwind kite --minify", "phx.digest"]]
  end
end
"""
PLAIN = 'def project, do: [app: :hook, elixir: "~> 1.14"]'


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def versions(built: BuildPlan) -> dict[str, str]:
    return {version.tool: version.version for version in built.versions}


def test_elixir_phoenix_becomes_a_release(golden: Callable[[str, str], None]) -> None:
    """A Phoenix app with assets is started from its release (shape 41)."""
    built = plan(
        {
            "mix.exs": PHOENIX,
            "mix.lock": "",
            "config/config.exs": "",
            "config/prod.exs": "",
            "config/runtime.exs": "",
            "lib/kite/release.ex": "defmodule Kite.Release do\n  def migrate do\n  end\nend",
        }
    )
    assert (built.framework, built.start) == ("phoenix", "bin/kite start")
    assert versions(built) == {"elixir": "1.18", "erlang": "27"}
    assert built.run_env["PHX_SERVER"] == "true"
    assert any("bin/kite eval 'Kite.Release.migrate()'" in note for note in built.notes)
    golden("elixir-phoenix", dockerfile(built))


def test_elixir_without_phoenix_is_a_release_too() -> None:
    """Any Mix project can be released."""
    built = plan({"mix.exs": PLAIN})
    assert (built.framework, built.start) == ("elixir", "bin/hook start")
    assert "PHX_SERVER" not in built.run_env


@pytest.mark.parametrize(
    "mix",
    [
        PLAIN + "\n releases: [edge: [applications: []]]",
        PLAIN + "\n releases: releases()\n defp releases do\n [\n edge: []\n ]\n end",
        PLAIN + "\n default_release: :edge",
    ],
)
def test_elixir_release_of_another_name_is_started(mix: str) -> None:
    """Whoever names the release gets that one."""
    assert plan({"mix.exs": mix}).start == "bin/edge start"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".tool-versions": "elixir 1.16.3-otp-26\nerlang 26.2.5"}, ("1.16.3", "26")),
        ({".elixir-version": "1.19"}, ("1.19", "28")),
        ({".elixir-version": "1.17", ".erlang-version": "26.1"}, ("1.17", "26")),
        ({".elixir-version": "1.15"}, ("1.15", "26")),
    ],
)
def test_elixir_versions_fit_each_other(
    files: Mapping[str, str], expected: tuple[str, str]
) -> None:
    """An Elixir gets the newest OTP that it supports, unless a person says another."""
    found = versions(plan({"mix.exs": PLAIN, **files}))
    assert (found["elixir"], found["erlang"]) == expected


def test_elixir_assets_with_packages_get_node() -> None:
    """`assets/package.json` is installed before the assets are built."""
    text = dockerfile(
        plan({"mix.exs": PHOENIX, "assets/package.json": "{}", "assets/package-lock.json": "{}"})
    )
    assert "nodejs npm" in text
    assert "npm ci --no-audit --no-fund --prefix assets && mix assets.deploy" in text


def test_elixir_umbrella_without_releases_says_what_to_write() -> None:
    """Mix can't know which of the apps is released."""
    files = {"mix.exs": 'def project do\n [apps_path: "apps"]\nend', "apps/a/mix.exs": "app: :a"}
    with pytest.raises(UnknownApp, match="releases:"):
        plan(files)
