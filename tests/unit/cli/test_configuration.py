"""The configuration file, below what flags and environment say."""

from pathlib import Path

import pytest

from sotabox.cli.configuration import merge_configuration, merge_settings, parse_configuration
from sotabox.errors import Invalid


def test_file_completes_the_environment(tmp_path: Path) -> None:
    """Commands on the host see their box's settings; what I export myself wins."""
    file = tmp_path / "sotabox.env"
    file.write_text("SOTABOX_DOMAIN=example.com\nSOTABOX_TLS=auto\n")
    environ = {"SOTABOX_CONFIG": str(file), "SOTABOX_TLS": "off"}
    assert merge_configuration(environ) == {**environ, "SOTABOX_DOMAIN": "example.com"}


def test_no_file_named_leaves_the_environment() -> None:
    """Without a configuration file, the environment is all there is."""
    assert merge_configuration({"SOTABOX_CONFIG": "", "A": "b"}) == {"SOTABOX_CONFIG": "", "A": "b"}


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A configuration file that is gone is not silently replaced by defaults."""
    with pytest.raises(Invalid, match="can't read the configuration file"):
        merge_configuration({"SOTABOX_CONFIG": str(tmp_path / "gone.env")})


def test_comments_blanks_and_equals_signs_are_read() -> None:
    """Comments are skipped, and a value may hold `=`."""
    text = "# mine\n\n  SOTABOX_ACME_EMAIL = a=b@example.com \n"
    assert parse_configuration(text, "f") == {"SOTABOX_ACME_EMAIL": "a=b@example.com"}


@pytest.mark.parametrize("line", ["SOTABOX_DOMAIN", "PATH=/evil", "export SOTABOX_DOMAIN=x"])
def test_foreign_line_is_refused_by_number(line: str) -> None:
    """A line that sets nothing of ours is named, instead of being ignored."""
    with pytest.raises(Invalid, match="f, line 2"):
        parse_configuration(f"# first\n{line}\n", "f")


def test_settings_given_anew_replace_their_lines_and_no_others() -> None:
    """What I wrote into the file stays, comments included, wherever install.sh has nothing to say."""
    text = "# mine\nSOTABOX_TLS = off\n\nSOTABOX_DOMAIN=old.example\nSOTABOX_RATE_LIMIT=5\n"
    news = {"SOTABOX_DOMAIN": "new.example", "SOTABOX_TLS": "off", "SOTABOX_HTTP_PORT": "81"}
    assert merge_settings(text, news) == (
        "# mine\nSOTABOX_TLS = off\n\nSOTABOX_RATE_LIMIT=5\n"
        "SOTABOX_DOMAIN=new.example\nSOTABOX_HTTP_PORT=81\n"
    )
    assert merge_settings(text, {}) == text
