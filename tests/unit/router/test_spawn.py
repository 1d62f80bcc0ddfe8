import json
from pathlib import Path

from sotabox.router.files import RouterFiles
from sotabox.router.spawn import caddy_environment, gave_up, issuance_words, last_words


def test_caddy_environment_holds_no_secret_of_ours() -> None:
    """Caddy gets what it needs, all of it inside the data directory."""
    files = RouterFiles(Path("/srv/box"))
    given = {"PATH": "/bin", "SOTABOX_KEY": "secret", "AWS_SECRET": "secret", "HOME": "/root"}
    environment = caddy_environment(files, given)
    assert environment["PATH"] == "/bin"
    assert environment["HOME"] == environment["XDG_DATA_HOME"] == "/srv/box/router/caddy"
    assert "secret" not in environment.values()


def test_last_words_are_the_reason_and_not_the_noise() -> None:
    """The line that says why, among Caddy's log lines."""
    output = '{"level":"info"}\nError: loading initial config: bad\n{"level":"info"}\n'
    assert last_words(output) == "loading initial config: bad"
    told = '{"level":"error","msg":"loading","error":"no such file"}\n{"level":"info","msg":"bye"}'
    assert last_words(told) == "loading: no such file"
    assert last_words("panic: one\n") == "panic: one"
    assert last_words('{"level":"info","msg":"all is well"}') == "it gave no reason"


def test_issuance_words_are_the_last_ones_about_that_name() -> None:
    """The reason of one domain is not shown with another, nor an old one."""
    refused = "could not get certificate from issuer"
    rows = (
        {"level": "error", "logger": "tls.obtain", "msg": refused, "of": "a.org", "error": "old"},
        {"level": "error", "logger": "tls.obtain", "msg": refused, "of": "a.org", "error": "new"},
        {"level": "error", "logger": "tls.obtain", "msg": refused, "of": "b.org", "error": "other"},
        {"level": "info", "logger": "tls.obtain", "msg": "obtaining certificate", "of": "a.org"},
        {"level": "error", "logger": "http.log.error", "msg": "dial refused", "of": "a.org"},
    )
    log = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    assert issuance_words(log, "a.org") == "could not get certificate from issuer: new"
    assert issuance_words(log, "c.org") is None
    assert [gave_up(log, name) for name in ("a.org", "b.org", "c.org")] == [True, True, False]
