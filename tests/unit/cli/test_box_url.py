"""Addresses of boxes as people type them."""

import pytest

from sotabox.cli.box_url import parse_box_url
from sotabox.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "text", "dial"),
    [
        ("box.example.com", "https://box.example.com", "https://box.example.com"),
        ("https://box.example.com/v1", "https://box.example.com", "https://box.example.com"),
        ("http://10.0.0.5:8080/", "http://10.0.0.5:8080", "http://10.0.0.5:8080"),
        ("localhost", "http://localhost", "http://127.0.0.1"),
        ("box.localhost:81", "http://box.localhost:81", "http://127.0.0.1:81"),
        ("127.0.0.1:7680", "http://127.0.0.1:7680", "http://127.0.0.1:7680"),
        ("https://[::1]:8443", "https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_address_is_understood(typed: str, text: str, dial: str) -> None:
    """Whatever I paste from the address bar or the manual is understood."""
    url = parse_box_url(typed)
    assert (url.text, url.dial) == (text, dial)


@pytest.mark.parametrize(
    "typed", ["", "ftp://x", "https://", "https://x/dashboard", "https://a:b@x", "x:port"]
)
def test_address_of_something_else_is_refused(typed: str) -> None:
    """What can't be a box is refused before anything is sent there."""
    with pytest.raises(Invalid, match="address of a box"):
        parse_box_url(typed)
