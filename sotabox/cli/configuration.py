"""The box's configuration file: lines of `SOTABOX_NAME=value`, written by install.sh.

The file is named by `SOTABOX_CONFIG`; the installed `sotabox` command sets that, so that every
command on the host sees the settings of its box. What the environment says already wins.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sotabox.errors import Invalid

CONFIG_VARIABLE: Final = "SOTABOX_CONFIG"


def merge_configuration(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, completed by the configuration file that it names, if it names one.

    Raises:
        Invalid: the file can't be read, or a line of it isn't `SOTABOX_NAME=value`.
    """
    path = environ.get(CONFIG_VARIABLE)
    if not path:
        return dict(environ)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"can't read the configuration file {path}: {error}",
            hint=f"Correct it, or unset {CONFIG_VARIABLE} to go by flags and environment alone.",
        ) from error
    return {**parse_configuration(text, path), **environ}


def parse_configuration(text: str, origin: str) -> dict[str, str]:
    """The variables set by `text`; blank lines and lines that begin with `#` are skipped."""
    variables = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.startswith("SOTABOX_"):
            raise Invalid(f"{origin}, line {number}: expected SOTABOX_NAME=value, found {line!r}")
        variables[name.rstrip()] = value.strip()
    return variables


def merge_settings(text: str, news: Mapping[str, str]) -> str:
    r"""The configuration `text` with the variables in `news`; every other line stays as it is.

    >>> merge_settings("# mine\nSOTABOX_TLS=off\n", {"SOTABOX_TLS": "off", "SOTABOX_DOMAIN": "a.b"})
    '# mine\nSOTABOX_TLS=off\nSOTABOX_DOMAIN=a.b\n'
    """
    kept, missing = [], dict(news)
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        name = name.rstrip()
        if equals and name in news and value.strip() != news[name]:
            continue
        missing.pop(name, None)
        kept.append(line)
    lines = [*kept, *(f"{name}={value}" for name, value in sorted(missing.items()))]
    return "".join(f"{line}\n" for line in lines)
