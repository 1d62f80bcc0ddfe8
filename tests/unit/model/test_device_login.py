"""Codes that people read from one screen and type on another."""

import pytest

from sotabox.model.device_login import USER_CODE_LETTERS, format_user_code, read_user_code


def test_letters_of_a_code_look_like_nothing_else() -> None:
    """No digits, no vowels, nothing that is taken for another."""
    assert not set(USER_CODE_LETTERS) & set("AEIOUY0123456789")


@pytest.mark.parametrize(
    "typed", ["BCDF-GHJK", "bcdf-ghjk", " bcdfghjk ", "BCDF GHJK", "b-c-d-f-g-h-j-k"]
)
def test_code_is_read_as_it_was_meant(typed: str) -> None:
    """However it was typed."""
    assert read_user_code(typed) == format_user_code("BCDFGHJK")


@pytest.mark.parametrize("typed", ["", "BCDF", "BCDF-GHJKL", "BCDF-GHJX", "x" * 100_000])
def test_other_code_is_another(typed: str) -> None:
    """Too long or too short never fits by accident."""
    assert read_user_code(typed) != "BCDF-GHJK"
