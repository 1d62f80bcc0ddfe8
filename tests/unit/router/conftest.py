import json
from pathlib import Path

import pytest

from sotabox.router.files import RouterFiles
from sotabox.router.pages import Page, PageKind
from sotabox.router.terms import RouterSettings


@pytest.fixture
def settings() -> RouterSettings:
    """A box as it comes."""
    return RouterSettings(files=RouterFiles(Path("/srv/box")))


@pytest.fixture
def pages() -> dict[PageKind, Page]:
    """Pages of a word each, so that a document's shape is easy to read."""
    return {
        kind: Page(
            status="{http.error.status_code}" if kind.value.endswith("down") else "404",
            html=f"<p>{kind}",
            json=json.dumps(kind.value),
            text=kind.value,
            style_digest="DIGEST",
        )
        for kind in PageKind
    }
