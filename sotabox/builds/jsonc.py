"""JSON with comments and last commas, as people write configuration."""

import json
import re
from typing import Any, Final

#: Strings come first, so that nothing inside them counts.
_EXTRA: Final = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*+(?:"|\\?\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)"""
    r"""|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])""",
    re.DOTALL,
)


def parse_jsonc(text: str) -> Any:
    """`text` as JSON types.

    Raises:
        ValueError: it is not JSON without its comments.
    """
    return json.loads(_EXTRA.sub(lambda found: found["text"] or "", text))
