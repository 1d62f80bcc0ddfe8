"""The shapes of Jekyll sites, each with the plan that it gets."""

from collections.abc import Callable, Mapping

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan, Static
from sotabox.builds.source import MemoryTree

GEMFILE = 'source "https://gems.example"\nruby "~> 3.3"\ngem "jekyll", "~> 4.3"\n'


def plan(files: Mapping[str, str]) -> BuildPlan:
    return detect(MemoryTree(files))


def test_jekyll_with_bundler(golden: Callable[[str, str], None]) -> None:
    """A Jekyll site is its files, not a Ruby server."""
    built = plan({"_config.yml": "", "Gemfile": GEMFILE, "Gemfile.lock": "", "index.md": ""})
    assert (built.language, built.framework) == ("jekyll", "jekyll")
    assert built.static == Static(root="_site", built=True)
    assert built.versions[0].version == "3.4"
    golden("jekyll-bundler", render_dockerfile(built, RenderOptions(project="p1")))


def test_jekyll_without_gemfile_is_said() -> None:
    """A bare site gets Jekyll and its default theme, in versions that the log names."""
    built = plan({"_config.yml": "destination: ./www", "index.md": ""})
    assert built.static == Static(root="www", built=True)
    assert any("There is no Gemfile" in note for note in built.notes)


def test_jekyll_configuration_beside_an_app_is_not_the_app() -> None:
    """GitHub's page of a README doesn't hide the app."""
    built = plan({"_config.yml": "theme: x", "main.py": "", "requirements.txt": ""})
    assert built.language == "python"
