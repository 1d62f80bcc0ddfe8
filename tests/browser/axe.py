"""axe-core, the accessibility checker: fetched once into the test cache, checked by its digest."""

import hashlib
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

VERSION: Final = "4.14.1"
SHA256: Final = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
CACHE: Final = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests"))


def source() -> str:
    """The checker's script."""
    cached = CACHE / f"axe-core-{VERSION}.js"
    if not cached.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            pack = ["npm", "pack", "--silent", f"axe-core@{VERSION}"]
            subprocess.run(pack, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
            (packed,) = Path(scratch).glob("*.tgz")
            with tarfile.open(packed) as archive:
                archive.extract("package/axe.min.js", scratch, filter="data")
            (Path(scratch) / "package/axe.min.js").replace(cached)
    script = cached.read_bytes()
    assert hashlib.sha256(script).hexdigest() == SHA256, f"{cached} is not what was pinned"
    return script.decode()


def violations(page: Page, script: str) -> list[str]:
    """What is wrong with a page, a line each: the rule, and the element."""
    page.evaluate(script)
    result: dict[str, Any] = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
        " 'best-practice']})"
    )
    return [
        f"{violation['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
