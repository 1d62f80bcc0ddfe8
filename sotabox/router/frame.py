"""The HTML around every page that a visitor may meet."""

from importlib.resources import files


def read_frame() -> str:
    """`templates/errors/page.html`, from the installed package or from the checkout."""
    package = files("sotabox")
    installed = package / "_templates"
    folder = installed if installed.is_dir() else package / ".." / "templates"
    return (folder / "errors" / "page.html").read_text(encoding="utf-8")
