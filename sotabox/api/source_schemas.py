"""What the API sends and takes about images, Git repositories and registries."""

from typing import Literal

import msgspec

from sotabox.model.origin import ArchiveOrigin, GitOrigin, ImageOrigin, Origin
from sotabox.model.registry import Registry


def archive_name(origin: Origin | None) -> str | None:
    """The name of the archive, or of the folder in it, that a deployment was made from."""
    return origin.name if isinstance(origin, ArchiveOrigin) else None


class ImageOut(msgspec.Struct, kw_only=True):
    """The image that a deployment was made from; `digest` once it was pulled."""

    reference: str
    digest: str | None

    @classmethod
    def of(cls, origin: Origin | None) -> "ImageOut | None":
        if not isinstance(origin, ImageOrigin):
            return None
        return cls(reference=origin.reference, digest=origin.digest)


class CommitOut(msgspec.Struct, kw_only=True):
    """The commit that a deployment was made from; what is known of it once it was fetched."""

    url: str
    ref: str | None
    directory: str | None
    id: str | None
    message: str | None
    author: str | None
    committed_at: str | None

    @classmethod
    def of(cls, origin: Origin | None) -> "CommitOut | None":
        if not isinstance(origin, GitOrigin):
            return None
        commit = origin.commit
        return cls(
            url=origin.url,
            ref=origin.ref,
            directory=origin.directory,
            id=commit.id if commit else None,
            message=commit.message if commit else None,
            author=commit.author if commit else None,
            committed_at=commit.committed_at if commit else None,
        )


class DeployIn(msgspec.Struct, forbid_unknown_fields=True):
    """Either `image`, with `port` where the image does not tell it, or `git` and what of it."""

    image: str | None = None
    port: int | None = None
    git: str | None = None
    ref: str | None = None
    directory: str | None = None
    token: str | None = None


class RegistryOut(msgspec.Struct, kw_only=True):
    """Credentials of a registry, without the password; `scope` says for whose projects."""

    id: str
    host: str
    username: str
    scope: str
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, registry: Registry) -> "RegistryOut":
        return cls(
            id=registry.id,
            host=registry.host,
            username=registry.username,
            scope="box" if registry.user_id is None else "user",
            created_at=registry.created_at,
            updated_at=registry.updated_at,
        )


class NewRegistryIn(msgspec.Struct, forbid_unknown_fields=True):
    """`scope`: for one's own projects, or for all of the box, which is an admin's matter."""

    host: str
    username: str
    password: str
    scope: Literal["user", "box"] = "user"


class RegistryChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    username: str | None = None
    password: str | None = None
