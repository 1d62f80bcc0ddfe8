"""Which variables a project may have."""

import pytest

from sotabox.model.environment import KEY_MAX, VALUE_MAX_BYTES, check_key, check_value


@pytest.mark.parametrize("key", ["A", "_", "DATABASE_URL", "a1", "x" * KEY_MAX, "PORT2", "port"])
def test_usual_key_is_fine(key: str) -> None:
    assert check_key(key) is None


@pytest.mark.parametrize("key", ["", "1A", "A-B", "A B", "A=B", "Ä", "A\n", "x" * (KEY_MAX + 1)])
def test_key_that_no_shell_takes_is_refused(key: str) -> None:
    """The answer says what a key is made of."""
    assert "letters, digits and '_'" in (check_key(key) or "")


def test_port_is_ours() -> None:
    """An app can't be told another port than the one on which it is probed."""
    assert "set by the box" in (check_key("PORT") or "")


@pytest.mark.parametrize("value", ["", "a\nb", "x" * VALUE_MAX_BYTES, "é" * (VALUE_MAX_BYTES // 2)])
def test_any_text_up_to_64_kib_is_a_value(value: str) -> None:
    assert check_value(value) is None


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("a\0b", "NUL"),
        ("x" * (VALUE_MAX_BYTES + 1), "64 KiB"),
        ("é" * (VALUE_MAX_BYTES // 2 + 1), "64 KiB"),
        ("\ud800", "surrogate"),
    ],
)
def test_value_that_no_process_takes_is_refused(value: str, word: str) -> None:
    """The bound is in bytes, as the engine counts them."""
    assert word in (check_value(value) or "")
