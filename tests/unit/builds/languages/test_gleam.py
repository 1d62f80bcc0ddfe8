"""The shapes of Gleam apps, each with the plan that it gets."""

from collections.abc import Callable

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp

FILES = {"gleam.toml": 'name = "hook"\n', "manifest.toml": "", "src/hook.gleam": ""}


def test_gleam_runs_as_a_shipment(golden: Callable[[str, str], None]) -> None:
    """A Gleam app runs on Erlang alone."""
    built = detect(MemoryTree(FILES))
    assert (built.language, built.start) == ("gleam", "/opt/shipment/entrypoint.sh run")
    golden("gleam", render_dockerfile(built, RenderOptions(project="p1")))


def test_gleam_source_is_included_on_demand() -> None:
    """An app may open files of its own tree."""
    built = detect(MemoryTree(FILES), env={"RAILPACK_GLEAM_INCLUDE_SOURCE": "1"})
    text = render_dockerfile(built, RenderOptions(project="p1"))
    assert "COPY --chown=10001:10001 source/ /app" in text


def test_gleam_for_javascript_is_refused_with_a_way_out() -> None:
    """There is no shipment of JavaScript."""
    with pytest.raises(UnknownApp, match="javascript"):
        detect(MemoryTree({"gleam.toml": 'target = "javascript"'}))
