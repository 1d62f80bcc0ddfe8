import json
import os
from pathlib import Path

import certifi
import pytest

from sotabox.router import spawn
from sotabox.router.files import RouterFiles

GOLDEN = Path(__file__).parents[2] / "golden" / "router"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
async def test_golden_document_is_one_that_caddy_accepts(
    path: Path, data_dir: Path, caddy: Path
) -> None:
    """What we expect to render is what the real Caddy would load."""
    text = json.dumps(json.loads(path.read_text())["expected"])
    text = text.replace("/srv/box", str(data_dir)).replace("/srv/ca.pem", certifi.where())
    files = RouterFiles(data_dir)
    spawn.prepare_folders(files)
    files.candidate.write_text(text)
    await spawn.validate(caddy, files, os.environ, files.candidate)
