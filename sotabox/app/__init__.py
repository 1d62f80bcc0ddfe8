"""Where a box is put together and run."""

from sotabox.app.running import serve

__all__ = ["serve"]
