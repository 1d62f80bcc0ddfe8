"""Values of query strings."""

from sotabox.errors import BadRequest, Detail


def read_switch(name: str, text: str | None) -> bool:
    """Whether `?name=…` turns something on; absent is off.

    Raises:
        BadRequest: the value is neither 1/true nor 0/false.
    """
    if text is None or text in {"0", "false"}:
        return False
    if text in {"", "1", "true"}:
        return True
    raise BadRequest(f"{name}: use 1 or 0", details=[Detail(name, "use 1 or 0")])
