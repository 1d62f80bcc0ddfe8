"""What a deployment came from: an archive by its name, an image, or a commit of a repository.

Whatever a person gives here ends up as an argument of a program or in a request of the engine, so it
is held to a form first. Where a host leads is another question, asked before anything is dialled.
"""

import re
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

URL_MAX: Final = 2048
REF_MAX: Final = 255
DIRECTORY_MAX: Final = 1024
TOKEN_MAX: Final = 1024
REFERENCE_MAX: Final = 512
_ARCHIVE_NAME_MAX: Final = 100
#: What the official clients call whatever they have packed: it says nothing.
_NO_NAME: Final = "archive.tar.gz"

#: Source: the grammar of `distribution/reference`.
_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_REFERENCE: Final = re.compile(
    rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_REGISTRY: Final = re.compile(_HOST)
_REF: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@=#-]*")
_NO_REF: Final = re.compile(r"\.\.|//|/\.|@\{|\.lock(?:/|$)|[./]$")
_PART: Final = re.compile(r"[^\x00-\x1f\x7f\\:]+")


class ArchiveOrigin(msgspec.Struct, frozen=True, kw_only=True, tag="archive"):
    """An archive as its sender called it; `folder`: the folder's name that was packed for it."""

    name: str
    folder: bool = False


class ImageOrigin(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """An image of a registry: as it was asked for, and the digest of what came."""

    reference: str
    port: int | None = None
    digest: str | None = None


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit: its full id, the first line of its message, who wrote it and when."""

    id: str
    message: str
    author: str
    committed_at: str


class GitOrigin(msgspec.Struct, frozen=True, kw_only=True, tag="git"):
    """A Git repository: what was asked of it, and the commit that came."""

    url: str
    ref: str | None = None
    directory: str | None = None
    commit: Commit | None = None


Origin: TypeAlias = ArchiveOrigin | ImageOrigin | GitOrigin


def archive_origin(filename: str, folder: str = "") -> ArchiveOrigin | None:
    """What an archive is known as, without folders; None where its sender said nothing of use."""
    for text, packed in ((folder, True), (filename, False)):
        name = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
        name = "".join(c for c in name if c.isprintable()).strip()[:_ARCHIVE_NAME_MAX]
        if name and name != _NO_NAME:
            return ArchiveOrigin(name=name, folder=packed)
    return None


def check_reference(text: str) -> str | None:
    """Why `text` names no image, in words; None when it does."""
    if len(text) > REFERENCE_MAX or not _REFERENCE.fullmatch(text):
        return "use NAME, NAME:TAG or NAME@sha256:…, such as registry.example.com/team/app:1.2"
    return None


def check_registry(host: str) -> str | None:
    """Why `host` is no registry's, in words; None when it has the form of one."""
    if len(host) > 255 or not _REGISTRY.fullmatch(host):
        return "use the registry's host, such as registry.example.com:5000"
    return None


def check_git_url(url: str, *, insecure: bool) -> str | None:
    """Why nothing can be fetched from `url`, in words; `insecure` allows plain HTTP."""
    if len(url) > URL_MAX:
        return f"use at most {URL_MAX} characters"
    if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        return "use ASCII without spaces"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is not a URL"
    problems = {
        "it must start with https://": parts.scheme not in {"https", *(["http"] * insecure)},
        "it names no host, or no port that exists": not parts.hostname or port == 0,
        "it must not hold a user or a password; give the token beside it": "@" in parts.netloc,
        "it must not hold a '?', '#', '\\' or control character": any(c in url for c in "?#\\"),
        "it names no repository": not parts.path.strip("/"),
    }
    return next((problem for problem, met in problems.items() if met), None)


def check_ref(ref: str) -> str | None:
    """Why `ref` names no branch, tag or commit, in words; None when it may."""
    if len(ref) > REF_MAX or not _REF.fullmatch(ref) or _NO_REF.search(ref):
        return "use the name of a branch or tag, or a commit's full id"
    return None


def check_directory(directory: str) -> str | None:
    """Why `directory` is no path inside a repository, in words; None when it is."""
    parts = directory.split("/")
    if (
        len(directory) > DIRECTORY_MAX
        or any(part in {"", ".", ".."} or not _PART.fullmatch(part) for part in parts)
        or directory.startswith("-")
    ):
        return "use a path inside the repository, such as apps/web, without '..'"
    return None


def check_token(token: str) -> str | None:
    """Why `token` can't be sent, in words; None when it can."""
    if not 1 <= len(token) <= TOKEN_MAX or not token.isascii() or not token.isprintable():
        return f"use 1 to {TOKEN_MAX} printable ASCII characters"
    return None
