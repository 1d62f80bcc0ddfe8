"""Codes of authenticator apps."""

import pytest

from sotabox.crypto.totp import new_totp_secret, totp_code, totp_step

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B


@pytest.mark.parametrize(
    ("now_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(now_s: int, code: str) -> None:
    """Each app that keeps to RFC 6238 shows what we expect."""
    assert totp_code(SECRET, now_s // 30) == code
    assert totp_step(SECRET, code, now_s) == now_s // 30


def test_clock_may_be_half_a_minute_wrong_and_no_more() -> None:
    """The code before and the one after count as well, older ones don't."""
    now_s = 1_800_000_000
    step = now_s // 30
    for off in (-1, 0, 1):
        assert totp_step(SECRET, totp_code(SECRET, step + off), now_s) == step + off
    for off in (-2, 2):
        assert totp_step(SECRET, totp_code(SECRET, step + off), now_s) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "abcdef"])
def test_what_is_no_code_is_refused(code: str) -> None:
    """Also digits of other scripts, which some comparisons choke on."""
    assert totp_step(SECRET, code, 59) is None


def test_secrets_differ() -> None:
    """160 random bits, as text that an app takes."""
    first, second = new_totp_secret(), new_totp_secret()
    assert first != second
    assert len(first) == 32
