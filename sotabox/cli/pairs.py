"""Arguments like KEY=VALUE (pure)."""

from collections.abc import Sequence

from sotabox.errors import BadRequest


def split_pairs(pairs: Sequence[str], example: str) -> dict[str, str]:
    """What stands before and behind the first `=` of each.

    Raises:
        BadRequest: one has none.
    """
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadRequest(f"{pair!r} is not KEY=VALUE", hint=example)
        found[key] = value
    return found
