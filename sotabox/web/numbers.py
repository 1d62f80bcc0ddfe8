"""Numbers in requests."""


def read_number(text: str | None) -> int | None:
    """The number that a text of digits means; None for any other, and for more than SQLite holds.

    >>> read_number("42"), read_number("-1"), read_number("²"), read_number("9" * 19)
    (42, None, None, None)
    """
    if text and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return None
