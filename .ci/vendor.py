"""Brings what the dashboard takes from others into `static/`: `make vendor`.

`static/vendor.json` names each package with its version, each file that is taken with its SHA-256,
and the icons of the sprite. A file that differs from its digest is refused; `--renew` writes the
digests of what the package index has for the versions named. Nothing is fetched when a box runs.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "static"
MANIFEST: Final = STATIC / "vendor.json"
_SVG: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--renew", action="store_true", help="take new digests over")
    renew = parser.parse_args().renew
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="sotabox-vendor-") as scratch:
        for name, package in manifest["packages"].items():
            tree = fetch(name, package["version"], Path(scratch))
            for target, file in package["files"].items():
                content = (tree / file["from"]).read_bytes()
                file["sha256"] = checked(target, content, file.get("sha256"), renew=renew)
                (STATIC / target).parent.mkdir(parents=True, exist_ok=True)
                (STATIC / target).write_bytes(content)
            if sprite := package.get("sprite"):
                content = draw_sprite(tree, sprite)
                sprite["sha256"] = checked(sprite["to"], content, sprite.get("sha256"), renew=renew)
                (STATIC / sprite["to"]).write_bytes(content)
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def fetch(name: str, version: str, scratch: Path) -> Path:
    """The unpacked package."""
    folder = scratch / re.sub(r"\W", "-", name)
    folder.mkdir()
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def checked(name: str, content: bytes, known: str | None, *, renew: bool) -> str:
    """The digest of `content`; ends the program where it is not the one that is known."""
    digest = hashlib.sha256(content).hexdigest()
    if known not in (None, digest) and not renew:
        sys.exit(f"vendor: {name} has sha256 {digest}, but {MANIFEST.name} says {known}")
    return digest


def draw_sprite(tree: Path, sprite: dict[str, Any]) -> bytes:
    """The icons as symbols of one file; whoever uses one gives stroke and size."""
    licence = " ".join((tree / "LICENSE").read_text(encoding="utf-8").split())
    licence = re.sub("--+", "", licence)  # two hyphens would end the comment
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg"><!-- {licence} -->']
    for icon in sprite["icons"]:
        drawing = _COMMENT.sub("", (tree / "icons" / f"{icon}.svg").read_text(encoding="utf-8"))
        match = _SVG.search(drawing)
        if match is None:
            sys.exit(f"vendor: {icon}.svg is no drawing")
        shapes = "".join(part.strip() for part in match[1].splitlines())
        lines.append(f'<symbol id="{icon}" viewBox="0 0 24 24">{shapes}</symbol>')
    return ("\n".join(lines) + "\n</svg>\n").encode()


if __name__ == "__main__":
    main()
