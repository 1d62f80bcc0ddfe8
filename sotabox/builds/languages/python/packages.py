"""Debian packages that Python packages need: to be built, and to run."""

from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.python.requirements import Dependencies

#: Package → (for the build, for the run). The slim image has neither a compiler nor libraries.
_NEEDS: Final = {
    "psycopg2": (("libpq-dev", "gcc", "libc6-dev"), ("libpq5",)),
    "mysqlclient": (
        ("default-libmysqlclient-dev", "pkg-config", "gcc", "libc6-dev"),
        ("libmariadb3",),
    ),
    "pycairo": (("libcairo2-dev", "pkg-config", "gcc", "libc6-dev"), ("libcairo2",)),
    "python-ldap": (("libldap-dev", "libsasl2-dev", "gcc", "libc6-dev"), ("libldap-common",)),
    "uwsgi": (("gcc", "libc6-dev"), ()),
    "weasyprint": ((), ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")),
    "cairosvg": ((), ("libcairo2",)),
    "cairocffi": ((), ("libcairo2",)),
    "pdf2image": ((), ("poppler-utils",)),
    "pydub": ((), ("ffmpeg",)),
    "moviepy": ((), ("ffmpeg",)),
    "pytesseract": ((), ("tesseract-ocr",)),
    "python-magic": ((), ("libmagic1",)),
    "opencv-python": ((), ("libgl1", "libglib2.0-0")),
    "opencv-contrib-python": ((), ("libgl1", "libglib2.0-0")),
    "pyodbc": ((), ("unixodbc",)),
    "soundfile": ((), ("libsndfile1",)),
    "pyzbar": ((), ("libzbar0",)),
}
#: What Playwright's Chromium links with.
_CHROMIUM: Final = (
    "libnss3", "libnspr4", "libdbus-1-3", "libatk1.0-0", "libatk-bridge2.0-0", "libatspi2.0-0",
    "libcups2", "libxcomposite1", "libxdamage1", "libxext6", "libxfixes3", "libxrandr2", "libgbm1",
    "libxkbcommon0", "libpango-1.0-0", "libcairo2", "libasound2", "fonts-liberation",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackages:
    """Debian packages of the stages that build, and of the final image."""

    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    why: tuple[str, ...] = ()  # the dependencies that asked


def system_packages(
    dependencies: Dependencies, *, geodjango: bool = False, browser: bool = False
) -> SystemPackages:
    """What the dependencies need beyond the slim image."""
    build: list[str] = []
    run: list[str] = []
    why: list[str] = []
    for name, (for_build, for_run) in _NEEDS.items():
        if name in dependencies.extras:
            build += for_build
            run += for_run
            why.append(name)
    if "psycopg" in dependencies.extras and not dependencies.with_extra("psycopg", "binary"):
        if dependencies.with_extra("psycopg", "c"):
            build += _NEEDS["psycopg2"][0]
        run.append("libpq5")
        why.append("psycopg")
    if dependencies.git:
        build.append("git")
        why.append("a Git dependency")
    if geodjango:
        run.append("gdal-bin")
        why.append("GeoDjango")
    if browser:
        run += _CHROMIUM
        why.append("playwright")
    return SystemPackages(
        build=tuple(dict.fromkeys(build)), run=tuple(dict.fromkeys(run)), why=tuple(why)
    )
