"""The bundled example, as it is uploaded."""

import io
import tarfile

from sotabox.assets import folder
from sotabox.builds.example import pack


def test_packed_example_holds_the_site_only() -> None:
    """The archive has the page at its root, and nothing that only the suite reads."""
    with tarfile.open(fileobj=io.BytesIO(pack(folder("examples") / "static"))) as archive:
        assert archive.getnames() == ["index.html"]


def test_example_needs_nothing_from_elsewhere() -> None:
    """The page shows whole on a server without internet: it loads nothing."""
    page = (folder("examples") / "static" / "index.html").read_text(encoding="utf-8")
    loads = [
        word
        for word in ("src=", "@import", "url(", "fetch(", '<link rel="stylesheet')
        if word in page
    ]
    assert loads == []
