"""`RAILPACK_*` variables."""

from sotabox.builds.railpack import check_variables, read_variables


def test_variables_steer_our_builder() -> None:
    """What people bring from elsewhere works here."""
    overrides = read_variables(
        {
            "RAILPACK_START_CMD": "node x",
            "RAILPACK_BUILD_CMD": " ",
            "RAILPACK_NODE_VERSION": "20",
            "RAILPACK_PACKAGES": "python@3.12 jq",
            "RAILPACK_DEPLOY_APT_PACKAGES": "ffmpeg  curl",
            "RAILPACK_DISABLE_CACHES": "*",
            "RAILPACK_STATIC_FILE_ROOT": "./site/",
            "RAILPACK_NO_SPA": "1",
            "START_CMD": "not ours",
        }
    )
    assert overrides.start == "node x"
    assert overrides.build is None
    assert overrides.versions == {"node": "20", "python": "3.12"}
    assert overrides.packages == ("ffmpeg", "curl")
    assert overrides.caches is False
    assert overrides.static_root == "site"
    assert overrides.flag("NO_SPA")
    assert not overrides.flag("PRUNE_DEPS")
    assert overrides.origin("start") == "RAILPACK_START_CMD"


def test_variables_without_effect_warn() -> None:
    """A mistyped variable, or one for another language, is said."""
    env = {"RAILPACK_STRAT_CMD": "x", "RAILPACK_GO_BIN": "x", "RAILPACK_START_CMD": "x", "A": "b"}
    assert check_variables(env, "python") == (
        "The variable RAILPACK_GO_BIN has no effect on a python app",
        "The variable RAILPACK_STRAT_CMD has no effect; did you mean RAILPACK_START_CMD?",
    )
    assert len(check_variables(env, None)) == 3
