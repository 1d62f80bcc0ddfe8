"""Values of query strings."""

from collections.abc import Callable

from sotabox.errors import BadRequest, Detail
from sotabox.web.ansi import keep_colours, strip_escapes


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


def cleaner(ansi: str | None) -> Callable[[str], str]:
    """What makes a line fit to be shown, for `?ansi=…`: colours are kept where they are wanted.

    Raises:
        BadRequest: as for `read_switch`.
    """
    return keep_colours if read_switch("ansi", ansi) else strip_escapes
