"""The Python that a box is measured in: it has what is shipped, and none of what only tests need."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_LOCK: Final = Path(__file__).parents[2] / "requirements.lock"
_CACHE: Final = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests"))
_TIMEOUT_S: Final = 600


def shipped_python() -> str:
    """The path of a Python with exactly the packages of `requirements.lock`; made once a lock.

    That of the tests has others besides, which libraries load where they find them (Litestar:
    pydantic; dnspython: an HTTP client): a box took 10 MB more in it than anybody's would.
    """
    folder = _CACHE / f"shipped-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]}"
    python, whole = folder / "bin" / "python", folder / "whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(_LOCK))
        whole.touch()
    return str(python)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_TIMEOUT_S, stderr=subprocess.DEVNULL)
