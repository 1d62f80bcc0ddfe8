"""What a person set, from all places."""

from sotabox.builds.overrides import Overrides, merge


def test_merge_first_place_wins_and_says_where() -> None:
    """The project's settings beat variables, variables beat the file."""
    merged = merge(
        Overrides(start="a", versions={"node": "20"}),
        Overrides(start="b", build="c", origins={"start": "B", "build": "B"}),
        Overrides(
            start="d",
            build="e",
            port=1,
            static_fallback=False,
            versions={"node": "18", "python": "3.12"},
            origins=dict.fromkeys(("start", "build", "port"), "C"),
        ),
    )
    assert (merged.start, merged.build, merged.port) == ("a", "c", 1)
    assert merged.static_fallback is False
    assert merged.versions == {"node": "20", "python": "3.12"}
    assert [merged.origin(name) for name in ("start", "build", "port")] == [
        "the project's settings", "B", "C",
    ]  # fmt: skip


def test_version_under_any_name() -> None:
    """A tool is found by whichever of its names a person used."""
    overrides = Overrides(versions={"golang": "1.24"}, origins={"versions": "sotabox.toml"})
    found = overrides.version("go", "golang")
    assert found is not None
    assert (found.text, found.origin) == ("1.24", "sotabox.toml")
    assert overrides.version("node") is None
