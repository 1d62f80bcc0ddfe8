"""Instructions of a Dockerfile keep what they quote."""

import subprocess

import pytest

from sotabox.builds.instructions import grouped


@pytest.mark.parametrize(
    "command",
    [
        "echo a && echo b",
        "echo a; echo b",
        "echo a; echo b;",
        "false || echo b",
        "echo a | cat",
        "echo a\necho b",
        "find . -maxdepth 0 -exec echo {} \\; | cat && find . -maxdepth 0 -exec echo b {} \\;",
        "for i in 1 2; do echo $i; done",
    ],
)
def test_grouped_command_does_between_others_what_it_does_alone(command: str) -> None:
    """Whatever a person's command ends with, it can stand between two of ours."""

    def output(text: str) -> str:
        done = subprocess.run(["/bin/sh", "-c", text], check=True, capture_output=True, text=True)
        return done.stdout

    joined = output(f"echo before && {grouped(command)} && echo after")
    assert joined == f"before\n{output(command)}after\n"
