"""Form tokens."""

import pytest

from sotabox.dashboard import csrf

KEY = b"k" * 32


def test_token_is_for_its_holder_and_box() -> None:
    """Another browser's, another box's, or an altered one is none."""
    token = csrf.issue(KEY, "mine")
    assert csrf.accepts(KEY, "mine", token)
    assert not csrf.accepts(KEY, "yours", token)
    assert not csrf.accepts(b"x" * 32, "mine", token)
    altered = "A" if token[50] != "A" else "B"
    assert not csrf.accepts(KEY, "mine", token[:50] + altered + token[51:])


def test_tokens_of_two_pages_share_nothing() -> None:
    """A compressed page can't be asked for its secret a letter at a time."""
    assert csrf.issue(KEY, "mine") != csrf.issue(KEY, "mine")


@pytest.mark.parametrize("token", ["", "A", "é", "A" * 86, "=" * 88, "A" * 10_000])
def test_nonsense_is_refused_without_a_fault(token: str) -> None:
    """Anything may be sent."""
    assert not csrf.accepts(KEY, "mine", token)


def test_browser_without_a_cookie_has_no_token() -> None:
    """What nobody holds, nobody can show."""
    assert not csrf.accepts(KEY, "", csrf.issue(KEY, ""))


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "https://box.test:8443", "host": "box.test:8443"}, True),
        ({"origin": "https://box.test", "host": "box.test:8443"}, False),
        ({"origin": "null", "host": "box.test"}, False),
    ],
)
def test_browser_says_where_a_request_comes_from(headers: dict[str, str], own: bool) -> None:
    """Apps on subdomains are strangers."""
    assert csrf.is_own(headers) is own
