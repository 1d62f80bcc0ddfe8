"""A deployment's log: prefixes, and secrets that don't get into it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotabox.pipeline.log import MASK, DeploymentLog, pattern_of
from sotabox.store.logs import Logs


def masked(text: str, *secrets: str) -> str:
    pattern = pattern_of(secrets)
    return pattern.sub(MASK, text) if pattern else text


def test_lines_carry_the_prefixes_that_clients_know(tmp_path: Path) -> None:
    """`[build]` and `[deploy]`, on each line of what a program printed."""
    logs = Logs(tmp_path)
    log = DeploymentLog(logs.open("d"))
    log.build("one\ntwo", "")
    log.deploy("three  ")
    assert [line.text for line in logs.read("d")] == [
        "[build] one",
        "[build] two",
        "[build]",
        "[deploy] three",
    ]


def test_value_of_a_variable_never_reaches_the_file(tmp_path: Path) -> None:
    """Wherever in a line, and line by line for a value of many."""
    logs = Logs(tmp_path)
    log = DeploymentLog(logs.open("d"))
    log.mask({"URL": "postgres://u:p4ss@h/db", "PEM": "-----BEGIN\nAbCdEf123\n-----END"})
    log.build("connect to postgres://u:p4ss@h/db now", "key: AbCdEf123.")
    assert [line.text for line in logs.read("d")] == [
        f"[build] connect to {MASK} now",
        f"[build] key: {MASK}.",
    ]


def test_longer_secret_is_masked_before_the_one_that_it_holds() -> None:
    """No tail of a secret stays because a shorter one begins like it."""
    assert masked("token-12345", "token", "token-12345") == MASK


def test_secret_with_the_characters_of_patterns_is_text() -> None:
    """A secret is never read as a regular expression."""
    assert masked("x a.*b[c y axxb[c", "a.*b[c") == f"x {MASK} y axxb[c"


@pytest.mark.parametrize(
    "value", ["", "abc", "true", "production", "8080", "localhost", "0.0.0.0", "UTF-8", "INFO"]
)
def test_plain_setting_is_not_masked(value: str) -> None:
    """Words that every log holds would garble it, and are no secrets."""
    assert masked(f"now {value} here", value) == f"now {value} here"


@given(st.text("ab1-.*", min_size=7, max_size=12), st.text("xyz ", max_size=9))
def test_long_secret_survives_nowhere(secret: str, around: str) -> None:
    """Whatever stands around it."""
    secret = f"s{secret}"
    assert masked(f"{around}{secret}{around}", secret) == f"{around}{MASK}{around}"


def test_short_secret_is_masked_as_a_word() -> None:
    """A short value is part of many words, which stay readable."""
    assert masked("node_modules: node, (node) node=1", "node") == (
        f"node_modules: {MASK}, ({MASK}) {MASK}=1"
    )
