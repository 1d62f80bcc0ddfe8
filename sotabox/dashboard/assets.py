"""The files of `static/`: read once, compressed once, named after their content.

A name with a digest in it never changes its content, so browsers keep it for a year without asking.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "/static"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, as it goes over the wire."""

    url: str
    media_type: str
    etag: str
    content: bytes
    packed: bytes  # gzip


class Assets:
    """All files of a folder that browsers ask for, by the names that templates use."""

    def __init__(self, folder: Path) -> None:
        self._by_name = {
            path.relative_to(folder).as_posix(): _load(folder, path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES
        }
        self._by_url = {asset.url: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Where the file of `static/{name}` is served.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name].url

    def find(self, url: str) -> Asset | None:
        """The file that is served at `url`."""
        return self._by_url.get(url)


def _load(folder: Path, path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    flat = path.relative_to(folder).with_suffix("").as_posix().replace("/", "-")
    return Asset(
        url=f"{PREFIX}/{flat}.{digest}{path.suffix}",
        media_type=_TYPES[path.suffix],
        etag=f'"{digest}"',
        content=content,
        packed=gzip.compress(content, 9, mtime=0),
    )
