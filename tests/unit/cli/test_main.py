"""The command line as a whole: what it accepts, how it ends, how fast it starts."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sotabox import __version__
from sotabox.cli import url
from sotabox.cli.commands import COMMANDS
from sotabox.cli.main import build_parser, render_overview, run
from sotabox.settings import TABLE

SLOW_LIBRARIES = {
    "asyncio",
    "cryptography",
    "docker",
    "granian",
    "http.client",
    "httpx",
    "litestar",
    "msgspec",
}


def test_version_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """`sotabox --version` says which version this is, and nothing else."""
    with pytest.raises(SystemExit) as ended:
        run(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"sotabox {__version__}\n"


def test_version_imports_no_library() -> None:
    """Asking for the version, or for help, waits for no library."""
    script = "import sys, sotabox.cli.main as m; m.build_parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert not SLOW_LIBRARIES & set(done.stdout.split())


def test_verb_for_people_imports_what_it_needs_alone() -> None:
    """On a laptop, asking a box waits for none of the libraries that serve one."""
    script = "import sys, sotabox.cli.remote, sotabox.cli.projects; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    of_servers = {"aiosqlite", "cryptography", "docker", "granian", "jinja2", "litestar", "click"}
    assert not of_servers & set(done.stdout.split())


def test_version_is_there_at_once(tmp_path: Path) -> None:
    """`sotabox --version` takes no time that a person would notice: 0.3 s on a slow machine.

    Counted is the processor's time, as what else runs on the machine is no matter of ours.
    """
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    command = [sys.executable, "-m", "sotabox", "--version"]

    def took_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, env=os.environ | compiled, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(took_s() for _ in range(5)) <= 0.3


@pytest.mark.parametrize("argv", [[], ["no-such-command"], ["serve", "--no-such-flag"], ["apikey"]])
def test_wrong_use_ends_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A typo is answered with the usage on stderr and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        run(argv)
    assert ended.value.code == 2
    assert "usage: sotabox" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["deplyo"], "there is no 'deplyo'. Is it deploy?"),
        (["env", "exprot"], "there is no 'exprot'. Is it export?"),
        (["xyzzy"], "there is no 'xyzzy'. See them: sotabox --help"),
    ],
)
def test_typo_is_answered_with_the_nearest_word(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the finger gives one line that helps, not a list of fifty words."""
    with pytest.raises(SystemExit):
        run(argv)
    assert capsys.readouterr().err.splitlines()[-1].endswith(said)


def test_abbreviated_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag is spelled out: `--http` will never come to mean another setting in a later version."""
    with pytest.raises(SystemExit):
        run(["serve", "--http", "80"])
    assert "unrecognized arguments: --http" in capsys.readouterr().err


def test_serve_takes_every_setting() -> None:
    """Whatever can be set can be set as a flag of `serve`."""
    argv = [part for row in TABLE for part in (row.flag, f"value of {row.name}")]
    arguments = build_parser().parse_args(["serve", *argv])
    assert {row.name: getattr(arguments, row.name) for row in TABLE} == {
        row.name: f"value of {row.name}" for row in TABLE
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.NAME))
def test_command_explains_itself(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command has a help text, also where a help line holds a percent sign."""
    with pytest.raises(SystemExit) as ended:
        run([str(getattr(command, "NAME", "")), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: sotabox ")


def test_overview_fits_a_small_terminal() -> None:
    """The list of all commands has one line each, on a terminal of 80 columns."""
    lines = render_overview().splitlines()
    assert max(map(len, lines)) <= 80
    assert {f"  {command.NAME} " for command in COMMANDS} <= {
        f"{line[: line.index(' ', 2)]} " for line in lines if line.startswith("  ")
    }


@pytest.mark.parametrize(
    ("argv", "code", "out", "err"),
    [
        (["help"], 0, "Start here", ""),
        (["help", "env", "set"], 0, "usage: sotabox env set ", ""),
        (["help", "deplyo"], 2, "", "There is no command deplyo"),
        (["help", "port"], 2, "", "The manual has a page: sotabox docs port"),
    ],
)
def test_help_explains_a_command(
    argv: list[str], code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`sotabox help` leads to each command's own help, and to the manual where it is a page's name."""
    assert run(argv) == code
    said = capsys.readouterr()
    assert (out in said.out, err in said.err) == (True, True)


def test_invalid_setting_is_explained_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A setting that makes no sense names the flag that it came from, and stdout stays empty."""
    assert run(["serve", "--tls", "sometimes"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("sotabox: --tls='sometimes' is not valid")


def test_control_plane_away_ends_with_4(
    capsys: pytest.CaptureFixture[str], free_port: Callable[[], int]
) -> None:
    """`sotabox wait` gives up in time and says whom it asked in vain."""
    port = free_port()
    assert run(["wait", "--timeout", "0", "--listen", f"127.0.0.1:{port}"]) == 4
    assert f"127.0.0.1:{port} is not ready" in capsys.readouterr().err


def test_apikey_without_a_box_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong data directory is said to be wrong, instead of becoming a new, empty box."""
    nowhere = tmp_path / "nowhere"
    assert run(["apikey", "create", "--name", "ci", "--data-dir", str(nowhere)]) == 2
    assert "there is no box in" in capsys.readouterr().err
    assert not nowhere.exists()


def test_purge_without_a_box_changes_nothing(tmp_path: Path) -> None:
    """Purging twice, or the wrong folder, removes nothing."""
    (tmp_path / "mine.txt").write_text("mine")
    assert run(["purge", "--yes", "--data-dir", str(tmp_path)]) == 0
    assert (tmp_path / "mine.txt").exists()


def test_purge_without_yes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is removed by a slip of the finger."""
    (tmp_path / "instance-id").write_text("abc")
    assert run(["purge", "--data-dir", str(tmp_path)]) == 2
    assert "Say --yes" in capsys.readouterr().err
    assert (tmp_path / "instance-id").exists()


@pytest.mark.parametrize("argv", [["help"], ["--help"], ["docs"]])
def test_reader_that_goes_away_is_no_failure(argv: list[str]) -> None:
    """`sotabox help | head -1` ends quietly, also where the output waits in a buffer to its end."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sotabox", *argv],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_locale_without_our_letters_loses_those_alone() -> None:
    """Where the terminal knows no UTF-8, an arrow becomes a question mark, and the rest is read."""
    done = subprocess.run(
        [sys.executable, "-m", "sotabox", "docs", "cli"],
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"my-app  ?  https://box.example.com" in done.stdout


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_stream_is_an_empty_one(closed: int) -> None:
    """A daemon that starts us without one of the standard streams gets the same exit code."""
    script = f'exec {closed}>&-; exec "$0" -m sotabox docs no-such-page'
    done = subprocess.run(["sh", "-c", script, sys.executable], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("user", "hint"), [(0, ""), (1000, "  Does it need root? sudo sotabox url\n")]
)
def test_forgotten_sudo_is_named(
    user: int, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that looks into the box's data, called by somebody else than root, says so with 3."""

    def denied(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/var/lib/sotabox/key")

    monkeypatch.setattr(url, "run", denied)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert run(["url"]) == 3
    assert capsys.readouterr().err == f"sotabox: /var/lib/sotabox/key: Permission denied\n{hint}"
