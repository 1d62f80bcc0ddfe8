"""Takes the README's picture of the dashboard anew: `make picture`.

A box of its own, whose apps are really deployed; the figures of the hour before are made up.
"""

import math
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.box import Box, running_box
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.figures import record
from tests.browser.namespace import namespace

_TARGET: Final = Path(__file__).resolve().parents[2] / "docs" / "images" / "dashboard.png"
_SIZE: Final = {"width": 1040, "height": 400}
_MAX_BYTES: Final = 120_000
_APPS: Final = {"shop": 3.0, "store": 6.0, "wiki": 1.0, "intranet": 2.0}
_BROKEN: Final = {"Dockerfile": "FROM python:3.13-slim\nRUN python -c 'import flask'\n"}


def main() -> None:
    """Writes the picture."""
    with running_box(domain="example.com", tls="off") as box:
        for slug, load in _APPS.items():
            box.create(slug)
            box.deploy(slug, {"index.html": f"<h1>{slug}</h1>"})
            record(box, slug, _wave(load))
        box.deploy("intranet", _BROKEN)
        _TARGET.parent.mkdir(exist_ok=True)
        _take(box)
    size = _TARGET.stat().st_size
    assert size <= _MAX_BYTES, f"{size} bytes are too many for a README"
    print(f"{_TARGET}: {size:,} bytes")


def _wave(load: float) -> Callable[[int], float]:
    return lambda n: load * (1.6 + math.sin(n / 9 + load) + 0.3 * math.sin(n * load))


def _take(box: Box) -> None:
    link = re.sub("//[^/]+", f"//example.com:{box.port}", box.command("user", "setup-link").strip())
    with (
        namespace() as network,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as d,
    ):
        network.expose(box.port)
        program = network.program(CHROMIUM, Path(d))
        here = "--host-resolver-rules=MAP example.com 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, here])
        page = browser.new_page(viewport=_SIZE, device_scale_factor=1.5, color_scheme="light")
        page.goto(link)
        page.get_by_label("Email").fill("ada@example.com")
        page.get_by_label("Password", exact=True).fill("correct horse battery")
        page.get_by_label("The same password again").fill("correct horse battery")
        page.get_by_role("button", name="Set login").click()
        page.wait_for_url(re.compile(r"/(\?.*)?$"))
        page.goto(f"http://example.com:{box.port}/")
        # Apps are at a box's usual port, which this one does not have.
        page.evaluate(
            """port => document.querySelectorAll('.url').forEach(
                (at) => { at.firstChild.data = at.firstChild.data.replace(':' + port, ''); })""",
            str(box.port),
        )
        page.screenshot(path=_TARGET)
        browser.close()


if __name__ == "__main__":
    main()
