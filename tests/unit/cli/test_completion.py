"""Completion scripts, taken by the shells themselves."""

import shutil
import subprocess

import pytest

from sotabox.cli.completion import SHELLS
from sotabox.cli.main import run


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["sotabox", "dep"], {"deploy"}),
        (["sotabox", "env", "i"], {"import"}),
        (["sotabox", "deploy", "--ver"], {"--verbose"}),
        (["sotabox", "--json", "projects", "de"], {"delete"}),
    ],
)
def test_bash_completes(
    typed: list[str], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Tab finishes commands, actions and flags in bash."""
    words = " ".join(f"'{word}'" for word in typed)
    ask = f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _sotabox; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(
        ["bash", "-c", f"{script('bash', capsys)}\n{ask}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert (set(done.stdout.split()), done.stderr) == (expected, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_accepted_by_its_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Sourcing the script gives no error; where a shell isn't installed, it names every command."""
    text = script(shell, capsys)
    assert "rollback" in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, check=True, text=True, capture_output=True)
