"""What a person is told of the plan: reasons, warnings, notes."""

from collections.abc import Iterator, Sequence

from sotabox.builds.languages.python.files import missing_imports
from sotabox.builds.languages.python.packages import SystemPackages
from sotabox.builds.languages.python.subject import Subject
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Reason, Toolchain


def tell_reasons(
    subject: Subject, packages: SystemPackages, helpers: Sequence[Toolchain], overrides: Overrides
) -> Iterator[Reason]:
    """What was decided, and from what."""
    manager, start = subject.manager, subject.start
    if subject.directory:
        why = "the only member of the workspace that can be started"
        yield Reason(f"the package {subject.directory}", why)
    yield Reason("Python", manager.why or (start.why if start else "a Python file"))
    if start:
        yield Reason(f"framework {start.framework}", start.why)
    if manager.name:
        name = "pip" if manager.name in ("pip", "pyproject", "setuptools") else manager.name
        yield Reason(f"package manager {name}", manager.why)
        if not manager.files:
            why = "setup.py computes what it needs"
            if manager.name != "setuptools":
                why = "a dependency is part of the archive"
            yield Reason("the source comes before the install", why)
    if start and not overrides.start:
        yield Reason(f"start: {start.command}", start.why)
    for helper in helpers:
        yield Reason(f"{helper.name} builds the assets", "the script build in package.json")
    if packages.why:
        yield Reason("system packages", ", ".join(packages.why))


def tell_warnings(subject: Subject) -> Iterator[str]:
    """What is likely wrong."""
    yield from subject.manager.warnings
    start = subject.start
    if start is None:
        return
    yield from start.warnings
    if start.framework == "django" and subject.django and subject.django.hostless:
        yield "ALLOWED_HOSTS is empty: Django answers 400 until it names the app's host"
    if not subject.manager.name and (missing := missing_imports(subject.tree, start.file)):
        names = ", ".join(missing)
        yield f"{start.file} imports {names}, but nothing installs it: list it in a requirements.txt"


def tell_notes(subject: Subject, overrides: Overrides) -> Iterator[str]:
    """What is good to know."""
    yield from subject.manager.notes
    start = subject.start
    if start is None or overrides.start:
        return
    yield from start.notes
    quiet = overrides.release or overrides.flag("SKIP_MIGRATIONS")
    if start.framework == "django" and not quiet:
        place = f"{start.directory}/" if start.directory else ""
        yield (
            "Migrations are not run: a Procfile with a line "
            f"'release: python {place}manage.py migrate' runs them before each swap"
        )
