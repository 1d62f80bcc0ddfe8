"""The shapes of Hugo sites, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan, Static
from sotabox.builds.source import MemoryTree


def plan(files: Mapping[str, str]) -> BuildPlan:
    return detect(MemoryTree(files))


def test_hugo_site_is_built_and_served(golden: Callable[[str, str], None]) -> None:
    """A Hugo site needs no settings."""
    built = plan({"hugo.toml": "title = 'x'", "content/_index.md": "", "layouts/index.html": ""})
    assert (built.language, built.framework) == ("hugo", "hugo")
    assert built.static == Static(root="public", built=True)
    golden("hugo", render_dockerfile(built, RenderOptions(project="p1")))


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({".tool-versions": "hugo extended_0.140.1"}, "0.140.1"),
        ({"netlify.toml": '[build.environment]\n  HUGO_VERSION = "0.139.0"'}, "0.139.0"),
        ({".hugo-version": "0.100.0"}, "0.124.0"),
    ],
)
def test_hugo_version_is_read_from_where_people_put_it(
    files: Mapping[str, str], version: str
) -> None:
    """The site looks as it does on its author's machine; too old a version is said."""
    built = plan({"hugo.yaml": "", **files})
    assert built.versions[0].version == version
    assert bool(built.warnings) == (version == "0.124.0")


def test_hugo_old_configuration_needs_its_folders() -> None:
    """`config.toml` is anybody's name."""
    site = {"config.toml": "", "content/a.md": "", "themes/plain/theme.toml": ""}
    assert plan(site).language == "hugo"
    assert plan({"config.toml": "", "index.html": ""}).language == "static"


def test_hugo_modules_and_packages_are_no_go_and_no_node_app() -> None:
    """A site with Hugo modules has a `go.mod`, one with PostCSS a `package.json`."""
    built = plan({"hugo.toml": "", "go.mod": "", "package.json": "{}", "package-lock.json": "{}"})
    text = render_dockerfile(built, RenderOptions(project="p1"))
    assert built.language == "hugo"
    assert "golang-go nodejs npm" in text
    assert "npm ci" in text


def test_hugo_publish_dir_is_the_site() -> None:
    """A site may be put elsewhere."""
    built = plan({"hugo.toml": 'publishDir = "www"'})
    assert built.static == Static(root="www", built=True)


def test_hugo_theme_that_is_not_there_is_said() -> None:
    """A Git submodule is an empty folder in an archive."""
    built = plan({"hugo.toml": 'theme = "ananke"'})
    assert any("ananke" in warning for warning in built.warnings)
