"""What `git` is given, and what its words mean."""

import base64
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from sotabox.builds.git import environment
from sotabox.builds.git_diagnosis import diagnose
from sotabox.model.origin import GitOrigin

URL = "https://git.test/team/app.git"


def config_of(environ: dict[str, str]) -> dict[str, str]:
    return {
        environ[f"GIT_CONFIG_KEY_{n}"]: environ[f"GIT_CONFIG_VALUE_{n}"]
        for n in range(int(environ["GIT_CONFIG_COUNT"]))
    }


def test_environment_holds_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no helper, no home, no secret of the box goes to a program that talks to strangers."""
    for name in ("HTTPS_PROXY", "GIT_SSH_COMMAND", "SOTABOX_DATA_DIR", "LD_PRELOAD", "GIT_DIR"):
        monkeypatch.setenv(name, "of-this-process")
    environ = environment(Path("/box/t"), URL, None, [])
    assert "of-this-process" not in environ.values()
    assert environ["GIT_ALLOW_PROTOCOL"] == "https"
    assert environ["GIT_TERMINAL_PROMPT"] == "0"
    assert environ["HOME"] == "/box/t"
    config = config_of(environ)
    assert (config["credential.helper"], config["core.hooksPath"]) == ("", "/dev/null")
    assert config["http.followRedirects"] == "false"


def test_environment_pins_the_addresses_that_were_judged() -> None:
    """A name that means another host the second time is not dialled there."""
    judged = [IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1")]
    config = config_of(environment(Path("/t"), URL, None, judged))
    assert config["http.curloptResolve"] == "git.test:443:192.0.2.1,[2001:db8::1]"


@pytest.mark.parametrize(
    ("token", "pair"), [("abc", "x-access-token:abc"), ("oauth2:abc", "oauth2:abc")]
)
def test_token_goes_to_its_host_only(token: str, pair: str) -> None:
    """As a header for this one host, with the name that the person gave before it, if any."""
    config = config_of(environment(Path("/t"), URL, token, []))
    encoded = base64.b64encode(pair.encode()).decode()
    assert config["http.https://git.test/.extraHeader"] == f"Authorization: Basic {encoded}"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fatal: could not read Username for 'https://git.test': terminal prompts disabled",
         "does not let us in"),
        ("fatal: couldn't find remote ref nope", "no branch or tag 'nope'"),
        ("error: Server does not allow request for unadvertised object 00", "no commit nope"),
        ("fatal: remote error: upload-pack: not our ref 00", "no commit nope"),
        ("fatal: unable to access 'x': The requested URL returned error: 301", "elsewhere"),
        ("fatal: repository 'https://git.test/a/' not found", "no repository at this address"),
        ("fatal: unable to access 'x': Failed to connect to git.test port 443: Connection refused",
         "does not answer"),
        ("fatal: dumb http transport does not support shallow capabilities", "plain files"),
        ("fatal: unable to access 'x': server certificate verification failed.", "certificate"),
        ("warning: a\nfatal: a new one", "could not be fetched: a new one"),
        ("", "git said nothing"),
    ],
)  # fmt: skip
def test_words_of_git_are_told_in_ours(said: str, words: str) -> None:
    """A person learns what was wrong, and what to do about it."""
    failed = diagnose(said, GitOrigin(url=URL, ref="nope"))
    assert words in failed.reason
    assert failed.hint
