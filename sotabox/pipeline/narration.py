"""A build's log in the words that users of the hosted service know from there (pure)."""

import re
from collections.abc import Callable
from typing import Final

from sotabox.builds.plan import DEPENDENCIES, BuildPlan

BUILDING: Final = "Building application..."
INSTALLING: Final = "Installing dependencies..."
#: How BuildKit calls the steps of the stage that installs, in the Dockerfiles that we make.
_INSTALLS: Final = re.compile(rf"#\d+ \[{DEPENDENCIES} ")


def narrated(plan: BuildPlan, say: Callable[[str], None]) -> Callable[[str], None]:
    """`say` for the lines of a build, which tells when dependencies begin to be installed."""
    if plan.toolchain is None or not plan.toolchain.install:
        return say
    announced = False

    def told(line: str) -> None:
        nonlocal announced
        if not announced and _INSTALLS.match(line):
            announced = True
            say(INSTALLING)
        say(line)

    return told
