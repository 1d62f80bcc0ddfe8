"""The manual of the command line says what the command line does."""

import re

import pytest

from sotabox.cli import failures
from sotabox.cli.commands import COMMANDS
from sotabox.cli.docs import topics
from sotabox.cli.main import run
from sotabox.cli.told import docs_for

PAGE = topics()["cli"].read_text(encoding="utf-8")


def test_every_command_is_in_the_manual() -> None:
    """What can be typed is explained, and what is explained can be typed."""
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", PAGE, flags=re.MULTILINE)
    named = {word.split()[0] for row in rows for word in re.findall(r"`([a-z][^`]*)`", row)}
    assert named >= {command.NAME for command in COMMANDS}
    assert {name for name in named if name.isalpha()} <= {command.NAME for command in COMMANDS}


def test_every_exit_code_is_in_the_manual() -> None:
    """A script's author finds each code explained."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    codes = {value for name, value in vars(failures).items() if name.isupper() and name[0] != "_"}
    assert documented == codes | {130}


def test_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A page that an error names is there to read."""
    assert run(["docs", "port"]) == 0
    assert capsys.readouterr().out.startswith("# The port\n")
    assert run(["docs", "no-such-page"]) == 2


@pytest.mark.parametrize(
    "deployment",
    [
        {"hint": "Make it listen on 0.0.0.0 and the port in $PORT (8080).", "duration_ms": {}},
        {"hint": None, "duration_ms": {"build": 1}},
    ],
)
def test_page_that_a_failure_names_is_there(deployment: dict[str, object]) -> None:
    """`docs: sotabox docs …` under a failure leads somewhere."""
    named = docs_for(deployment)
    assert named is not None
    assert named.rpartition(" ")[2] in topics()
