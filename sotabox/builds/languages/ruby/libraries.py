"""Debian packages that gems need, to be compiled and to run."""

from typing import Final

from sotabox.builds.languages.ruby.gems import Bundle

#: The slim image has no compiler, and hardly a bundle does without one: Puma's parser is C.
_COMPILER: Final = ("build-essential", "git", "libyaml-dev", "pkg-config")

_NEEDED: Final = (
    (("pg",), ("libpq-dev",), ("libpq5",)),
    (("mysql2", "trilogy"), ("default-libmysqlclient-dev",), ("libmariadb3",)),
    (("ruby-vips", "image_processing"), (), ("libvips42t64",)),
    (("rmagick",), ("libmagickwand-dev",), ("libmagickwand-7.q16-10",)),
    (("mini_magick",), (), ("imagemagick",)),
    (("charlock_holmes",), ("libicu-dev",), ("libicu76",)),
    (("sqlite3",), ("libsqlite3-dev",), ("libsqlite3-0",)),
    (("curb",), ("libcurl4-openssl-dev",), ("libcurl4t64",)),
    (("rails",), (), ("libjemalloc2", "tzdata")),
)


def build_packages(bundle: Bundle) -> tuple[str, ...]:
    """What the stage that installs needs; nothing for a bundle of the app's own gems."""
    from_elsewhere = bundle.resolved - bundle.own if bundle.lock else bundle.direct
    if not from_elsewhere:
        return ()
    named = (package for gems, build, _ in _NEEDED if bundle.has(*gems) for package in build)
    return tuple(dict.fromkeys((*_COMPILER, *named)))


def run_packages(bundle: Bundle) -> tuple[str, ...]:
    """What the final image needs."""
    named = (package for gems, _, run in _NEEDED if bundle.has(*gems) for package in run)
    return tuple(dict.fromkeys(named))
