"""A site of the API on a store of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.in_process import InProcess, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path) as site:
        yield site
