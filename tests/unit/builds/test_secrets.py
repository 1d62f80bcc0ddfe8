"""What a build gets to know."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildMethod, BuildPlan, Step, Toolchain
from sotabox.builds.secrets import HostBuild, build_secrets, hash_env, render_env
from sotabox.errors import Invalid

KEY = b"k" * 32
TOOL = Toolchain(
    name="node", image="i", files=("a",), install=(Step("get"),), build=(Step("make"),),
    env_prefixes=("NPM_", "NODE_"),
)  # fmt: skip
AUTO = BuildPlan(build_method=BuildMethod.AUTO, toolchain=TOOL, run_image="i", start="x")
OWN = BuildPlan(build_method=BuildMethod.DOCKERFILE)


def test_secrets_install_sees_only_its_tools_variables() -> None:
    """A changed database password reinstalls nothing."""
    env = {"DATABASE_URL": "x", "NPM_TOKEN": "t"}
    before = build_secrets(AUTO, env, KEY)
    after = build_secrets(AUTO, env | {"DATABASE_URL": "y"}, KEY)
    assert b"DATABASE_URL" not in before.secrets["sotabox-install-env"]
    install, build = "SOTABOX_INSTALL_ENV_HASH", "SOTABOX_ENV_HASH"
    assert before.build_args[install] == after.build_args[install]
    assert before.build_args[build] != after.build_args[build]


def test_secrets_of_an_own_dockerfile_go_by_their_names() -> None:
    """`RUN --mount=type=secret,id=API_KEY` finds the project's variable."""
    found = build_secrets(OWN, {"API_KEY": "v"}, KEY)
    assert found.secrets == {"API_KEY": b"v"}
    assert set(found.build_args) == {"SOTABOX_ENV_HASH"}


def test_secrets_without_variables_are_none() -> None:
    """Nothing to hide, nothing to mount."""
    found = build_secrets(AUTO, {}, KEY)
    assert (found.secrets, found.build_args) == ({}, {})
    assert {found.build_env, found.install_env, found.host_env, found.ca} == {False}


def test_secrets_values_are_never_in_arguments_or_dockerfile() -> None:
    """An image's history shows no value."""
    found = build_secrets(
        AUTO, {"NODE_AUTH": "hunter2"}, KEY, HostBuild({"HTTP_PROXY": "p"}, b"ca")
    )
    text = render_dockerfile(
        AUTO,
        RenderOptions(
            project="p",
            build_env=found.build_env,
            install_env=found.install_env,
            host_env=found.host_env,
            ca=found.ca,
        ),
    )
    assert "hunter2" not in text + str(found.build_args)
    for name in found.secrets:
        assert f"id={name}" in text
    for name in found.build_args:
        assert f"ARG {name}\n" in text


def test_secrets_boxes_certificates_reach_every_tool() -> None:
    """Behind a company's proxy the usual tools trust its authority."""
    found = build_secrets(AUTO, {}, KEY, HostBuild({"PIP_INDEX_URL": "https://mirror"}, b"PEM"))
    assert found.secrets["sotabox-ca"] == b"PEM"
    text = found.secrets["sotabox-host-env"].decode()
    assert "export NODE_EXTRA_CA_CERTS='/run/secrets/sotabox-ca'" in text
    assert "export PIP_INDEX_URL='https://mirror'" in text


def test_secrets_too_large_for_a_build_say_so() -> None:
    """The limit is named before the engine meets it."""
    with pytest.raises(Invalid, match="600 kB"):
        build_secrets(AUTO, {"BIG": "x" * 600_000}, KEY)


def test_hash_depends_on_values_and_key_only() -> None:
    """Order doesn't matter; another box's hash is another."""
    assert hash_env({"A": "1", "B": "2"}, KEY) == hash_env({"B": "2", "A": "1"}, KEY)
    assert hash_env({"A": "1"}, KEY) != hash_env({"A": "2"}, KEY)
    assert hash_env({"A": "1"}, KEY) != hash_env({"A": "1"}, b"other")


TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=50)


@settings(deadline=None)  # a shell takes what a loaded machine lets it
@given(TEXTS)
def test_render_env_survives_the_shell(value: str) -> None:
    """Quotes, dollars, new lines: a value arrives as it was set."""
    script = render_env({"VALUE": value}) + b'printf %s "$VALUE"'
    out = subprocess.run(["/bin/sh"], input=script, capture_output=True, check=True).stdout
    assert out == value.encode()
