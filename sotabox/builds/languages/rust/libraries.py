"""Debian packages that crates need, to be compiled and to run."""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.rust.crates import Crate
from sotabox.builds.source import Tree

_LOCK_MAX_BYTES: Final = 4 * 1024 * 1024

#: By crate: for the build, for the run. `*-sys` crates are found in the lock, under any framework.
_NEEDED: Final = (
    (("openssl-sys", "native-tls", "openssl"), ("pkg-config", "libssl-dev"), ("libssl3t64",)),
    (("prost", "prost-build", "tonic-build"), ("protobuf-compiler",), ()),
    (("pq-sys",), ("libpq-dev",), ("libpq5",)),
    (("mysqlclient-sys",), ("default-libmysqlclient-dev", "pkg-config"), ("libmariadb3",)),
    (("libsqlite3-sys",), ("libsqlite3-dev", "pkg-config"), ("libsqlite3-0",)),
    (("rdkafka-sys", "cmake", "aws-lc-sys"), ("cmake", "make", "g++"), ()),
    (("bindgen", "clang-sys"), ("libclang-dev",), ()),
)


@dataclass(frozen=True, slots=True)
class Libraries:
    """Debian packages of the stage that builds, and of the final image."""

    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()


def libraries_of(tree: Tree, crates: tuple[Crate, ...]) -> Libraries:
    """What the crates in the lock need, or where there is no lock, the manifests' own."""
    lock = tree.read("Cargo.lock", _LOCK_MAX_BYTES) or ""
    names = frozenset(re.findall(r'^name = "([^"]+)"', lock, re.MULTILINE))
    names = names or frozenset(name for crate in crates for name in crate.dependencies)
    if "openssl-src" in names:  # it brings and links its own
        names -= {"openssl-sys", "openssl", "native-tls"}
    rows = [row for row in _NEEDED if not names.isdisjoint(row[0])]
    return Libraries(
        tuple(dict.fromkeys(package for row in rows for package in row[1])),
        tuple(dict.fromkeys(package for row in rows for package in row[2])),
    )
