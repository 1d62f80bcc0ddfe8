"""sotabox: one file that turns a Linux server into a platform."""

__version__ = "0.1.0"
