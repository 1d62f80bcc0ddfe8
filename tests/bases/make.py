"""Base images for tests, made from Debian packages: the suite needs no container registry.

    python tests/bases/make.py            lists the bases
    python tests/bases/make.py NAME...    makes those (and what they stand on); prints their tags

A base is made once: its recipe's digest is its label and the name of its tarball in the cache, from
which it is loaded when the engine has lost it. An image that carries a base's tag but not our label
is the real one: it is used as it is and never overwritten.
"""

import fcntl
import hashlib
import inspect
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, BuildError, ImageNotFound

HERE: Final = Path(__file__).parent
CACHE: Final = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests")) / "bases"
LABEL: Final = "sotabox.test-base"
SUITE: Final = "trixie"
CA_BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
HOST_CA: Final = Path(os.environ.get("SSL_CERT_FILE", CA_BUNDLE))
STEP_TIMEOUT_S: Final = 900
APT_LEAN: Final = """\
APT::Install-Recommends "false";
Binary::apt::APT::Keep-Downloaded-Packages "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };
"""
STAGE_LABEL: Final = f"{LABEL}.stage"  # on a stage that a Dockerfile only copies from


@dataclass(frozen=True, slots=True)
class Base:
    """An image that tests build from.

    `needs` are the bases that its Dockerfile (`NAME.Dockerfile`) names. `note` says how the image
    differs from the official one of that tag, and is kept as a label.
    """

    tag: str
    note: str
    needs: tuple[str, ...] = ()


BASES: Final = {
    "busybox": Base("sotabox-test/busybox:1", "Debian's static busybox and nothing else"),
    "debian": Base("sotabox-test/debian:1", f"debootstrap, minbase, {SUITE}; trusts the host's CAs"),
    "debian-slim": Base("debian:trixie-slim", "sotabox-test/debian under its usual name", ("debian",)),
    "python": Base("python:3.13-slim", "Debian's Python 3.13, laid out as /usr/local", ("debian",)),
    "node": Base("node:22-slim", "Node 22 and npm from their PyPI wheel", ("debian", "python")),
    "golang": Base("golang:1.25", "Debian's Go 1.24, not 1.25", ("debian",)),
    "ruby": Base("ruby:3.4-slim", "Debian's Ruby 3.3, not 3.4", ("debian",)),
    "php": Base("php:8.4-cli", "Debian's PHP 8.4 with Composer", ("debian",)),
    "composer": Base("composer:2", "Debian's Composer, for bases on its PHP only", ("php",)),
    "frankenphp": Base(
        "dunglas/frankenphp:php8.4",
        "no FrankenPHP: PHP's own server behind its commands; installs no extensions",
        ("php",),
    ),
    "java": Base("eclipse-temurin:21-jdk", "Debian's OpenJDK 21", ("debian",)),
    "java-jre": Base("eclipse-temurin:21-jre", "Debian's OpenJDK 21 runtime", ("debian",)),
    "maven": Base("maven:3-eclipse-temurin-21", "Debian's Maven on its OpenJDK 21", ("debian",)),
    "rust": Base("rust:1-slim", "Debian's rustc and cargo 1.85", ("debian",)),
}  # fmt: skip


def main(names: list[str]) -> int:
    if not names:
        for name, base in BASES.items():
            print(f"{name:12} {base.tag:28} {base.note}")
        return 0
    if unknown := set(names) - BASES.keys():
        print(
            f"no such base: {', '.join(sorted(unknown))}; try: {' '.join(BASES)}", file=sys.stderr
        )
        return 2
    with closing(docker.from_env(timeout=STEP_TIMEOUT_S)) as engine:
        for name in names:
            ensure(engine, name)
            print(BASES[name].tag)
    return 0


def ensure(engine: docker.DockerClient, name: str) -> None:
    """Afterwards the engine has this base: as it was, loaded from the cache, or newly made."""
    base, digest = BASES[name], recipe_digest(name)
    if _label(engine, base.tag) in (digest, ""):
        return
    with _alone(name):
        if _label(engine, base.tag) in (digest, ""):
            return  # somebody made it while we waited
        tarball = CACHE / f"{name}-{digest}.tar"
        if tarball.exists():
            _say(f"loading {base.tag} from the cache")
            with tarball.open("rb") as stream:
                engine.images.load(stream)
            return
        for needed in base.needs:
            ensure(engine, needed)
        _say(f"making {base.tag} ({base.note})")
        make = _MAKERS.get(name, _make_from_dockerfile)
        make(engine, name, {LABEL: digest, f"{LABEL}.note": base.note})
        _drop_untagged(engine, LABEL)
        _keep(engine, name, tarball)


def recipe_digest(name: str) -> str:
    """Changes with whatever the base is made from: its files, those below it, the host's CAs."""
    digest = hashlib.sha256(f"{SUITE} {BASES[name]}".encode())
    dockerfile = HERE / f"{name}.Dockerfile"
    if dockerfile.exists():
        digest.update(dockerfile.read_bytes())
    if name in _MAKERS:
        digest.update(_MAKER_SOURCES[name] + APT_LEAN.encode())
    if name == "debian":
        digest.update(HOST_CA.read_bytes())
    for needed in BASES[name].needs:
        digest.update(recipe_digest(needed).encode())
    return digest.hexdigest()[:16]


def _label(engine: docker.DockerClient, tag: str) -> str | None:
    """Our label on that image; "" where it isn't ours; None where there is no image."""
    try:
        return str(engine.images.get(tag).labels.get(LABEL, ""))
    except ImageNotFound:
        return None


def _make_from_dockerfile(engine: docker.DockerClient, name: str, labels: dict[str, str]) -> None:
    with (HERE / f"{name}.Dockerfile").open("rb") as dockerfile:
        try:
            engine.images.build(
                fileobj=dockerfile, tag=BASES[name].tag, labels=labels, rm=True, forcerm=True
            )
        except BuildError as error:
            log = "".join(line.get("stream", "") for line in error.build_log)
            sys.exit(f"{name}.Dockerfile: {error}\n{log[-3000:]}")
    _drop_untagged(engine, f"{STAGE_LABEL}={name}")


def _drop_untagged(engine: docker.DockerClient, label: str) -> None:
    """Removes images of ours that lost their tag to a newer recipe's, unless one stands on them."""
    for image in engine.images.list(filters={"dangling": True, "label": label}):
        try:
            engine.images.remove(str(image.id))
        except APIError as error:
            if error.status_code not in (404, 409):
                raise


def _make_busybox(engine: docker.DockerClient, name: str, labels: dict[str, str]) -> None:
    """One static binary and a link for each of its commands."""
    binary = Path(shutil.which("busybox") or "/bin/busybox").read_bytes()
    listing = subprocess.run(["busybox", "--list"], check=True, capture_output=True, text=True)
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        recipe = b'FROM scratch\nADD root.tar /\nENV PATH=/bin\nCMD ["sh"]\n'
        _add_file(tar, "Dockerfile", recipe)
        _add_file(tar, "root.tar", _busybox_root(binary, listing.stdout.split()))
    context.seek(0)
    engine.images.build(
        fileobj=context, custom_context=True, tag=BASES[name].tag, labels=labels, rm=True
    )


def _busybox_root(binary: bytes, commands: list[str]) -> bytes:
    root = io.BytesIO()
    with tarfile.open(fileobj=root, mode="w") as tar:
        for folder in ("bin", "etc", "root", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        _add_file(tar, "bin/busybox", binary, mode=0o755)
        _add_file(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        for command in commands:
            if command != "busybox":
                entry = tarfile.TarInfo(f"bin/{command}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(entry)
    return root.getvalue()


def _add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _make_debian(engine: docker.DockerClient, name: str, labels: dict[str, str]) -> None:
    """A minimal system that trusts what the host trusts, so that its pip, npm and apt work here."""
    trust = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    changes = [f"ENV {variable}={CA_BUNDLE}" for variable in trust]
    changes += [f'LABEL "{key}"="{value}"' for key, value in labels.items()]
    changes += ['CMD ["bash"]']
    repository, _, version = BASES[name].tag.partition(":")
    with tempfile.TemporaryDirectory(prefix="sotabox-debian-") as folder:
        root = Path(folder, "root")
        include = "--include=ca-certificates"
        _run("debootstrap", "--variant=minbase", include, SUITE, str(root))
        _run("chroot", str(root), "apt-get", "clean")
        for clutter in ("var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(root / clutter)
            (root / clutter).mkdir()
        shutil.copyfile(HOST_CA, root / CA_BUNDLE.lstrip("/"))
        (root / "etc/apt/apt.conf.d/lean").write_text(APT_LEAN)
        tarball = Path(folder, "root.tar")
        _run("tar", "--numeric-owner", "-C", str(root), "-cf", str(tarball), ".")
        engine.api.import_image_from_file(
            str(tarball), repository=repository, tag=version, changes=changes
        )


_MAKERS: Final = {"busybox": _make_busybox, "debian": _make_debian}
#: Read at once: a process that makes bases for minutes may outlive this file's present text.
_MAKER_SOURCES: Final = {name: inspect.getsource(make).encode() for name, make in _MAKERS.items()}


def _run(*command: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=STEP_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def _keep(engine: docker.DockerClient, name: str, tarball: Path) -> None:
    """Saves the image for the day when the engine's data is gone, in place of older recipes'."""
    partial = tarball.with_suffix(".partial")
    with partial.open("wb") as file:
        for chunk in engine.images.get(BASES[name].tag).save(named=BASES[name].tag):
            file.write(chunk)
    partial.rename(tarball)
    for old in CACHE.glob(f"{name}-????????????????.tar"):
        if old != tarball:
            old.unlink()


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One maker of a base at a time on this machine."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
