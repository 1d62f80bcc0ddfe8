"""The person's browser, where there is one with a window."""

import sys
from collections.abc import Mapping
from typing import Final

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a page would open beside the terminal: one in text would take the terminal over."""
    return sys.platform in {"darwin", "win32"} or any(environ.get(name) for name in _SCREENS)


def open_page(url: str, environ: Mapping[str, str]) -> bool:
    """Opens a page, if it can; whether it did."""
    import webbrowser

    return has_browser(environ) and webbrowser.open(url)
