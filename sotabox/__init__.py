"""sotabox: one file that turns a Linux server into a platform."""

import sys

__version__ = "0.1.0"

# httpx has a command line of its own, and loads all that this needs (4 MB) wherever it finds it; for
# None it finds nothing: https://docs.python.org/3/reference/import.html#the-module-cache
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
