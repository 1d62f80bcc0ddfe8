"""A shell script that is the app, and apps of which only the start command is known."""

import re
import shlex
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, BUILD, SOURCE, Carry, LanguagePlan, Reason, Step, Toolchain
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined

NAME: Final = "shell"
STRONG: Final = ()
WEAK: Final = ("start.sh", "*.sh")

SCRIPT: Final = "start.sh"
_SHEBANG: Final = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?(\w+)")
#: Shells that a script may name; those that are not in the image come as Debian packages.
_SHELLS: Final = ("bash", "sh", "dash", "zsh", "ksh", "fish")
_IN_IMAGE: Final = ("bash", "sh", "dash")


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of `start.sh`, of the script that a variable names, or of a start command alone."""
    script = overrides.railpack.get("SHELL_SCRIPT", SCRIPT).removeprefix("./")
    text = tree.read(script)
    if text is None and not overrides.start:
        return Declined(f"there is no {script}")
    shell = _shell_of(text or "")
    damaged = "\r\n" in (text or "")
    image = image_of("debian", "", overrides.images)
    # A script from Windows: the shell would take each line's end for a part of its command.
    mend = Step(rf"sed -i 's/\r$//' {shlex.quote(script)}")
    why = f"{script} in the archive" if text is not None else overrides.origin("start")
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        toolchain=Toolchain(name=NAME, image=image, build=(mend,)) if damaged else None,
        run_image=image,
        run_packages=() if shell in _IN_IMAGE or overrides.start else (shell,),
        carries=(Carry(BUILD, APP_DIR, APP_DIR) if damaged else Carry(SOURCE, ".", APP_DIR),),
        start=f"{shell} {shlex.quote(script)}",
        reasons=(Reason("a shell script" if text is not None else "a start command", why),),
        notes=_notes(text, script, overrides, damaged=damaged),
    )


def _shell_of(text: str) -> str:
    """The shell that the script's first line names; bash, which understands most, otherwise."""
    found = _SHEBANG.match(text)
    return found[1] if found and found[1] in _SHELLS else "bash"


def _notes(
    text: str | None, script: str, overrides: Overrides, *, damaged: bool
) -> tuple[str, ...]:
    notes = []
    if damaged:
        notes.append(f"{script} has line ends of Windows, which are mended in the build")
    if (
        text is not None
        and not overrides.start
        and not re.search(r"^[ \t]*exec\s", text, re.MULTILINE)
    ):
        notes.append(
            f"{script} stops cleanly only if its last command begins with 'exec'; the shell passes "
            "no signals on"
        )
    return tuple(notes)
