"""Packs a tree into a zipapp with shiv: `.ci/zipapp.py` runs this with the environment of its tools.

shiv brings order and time-stamps that don't change, so that the same tree gives the same bytes. What
starts the result is ours (`.ci/launcher`), in the place of shiv's own: that one unpacks the native
modules of every interpreter, and never removes anything.
"""

import importlib
import os
import sys
import time
from pathlib import Path

from shiv import __version__, builder
from shiv.bootstrap.environment import Environment
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT

_SHEBANG = "/usr/bin/env -S python3 -I -S"  # no package of the user's own Python gets in


def main() -> None:
    build, (tree, launcher, output) = sys.argv[1], map(Path, sys.argv[2:])
    sys.path.insert(0, str(launcher.parent))
    builder.bootstrap = importlib.import_module(launcher.name)  # packed as `_bootstrap`
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    built_at = time.strftime(BUILD_AT_TIMESTAMP_FORMAT, time.gmtime(epoch))
    environment = Environment(built_at, __version__, build_id=build, reproducible=True)
    builder.create_archive([tree], output, _SHEBANG, "_bootstrap:start", environment)


if __name__ == "__main__":
    main()
