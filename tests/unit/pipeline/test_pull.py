"""By which digest a pulled image is pinned."""

import pytest

from sotabox.engine.images import read_image
from sotabox.pipeline.pull import digest_of

OTHER = "team/myapp@sha256:00"


@pytest.mark.parametrize(
    ("reference", "listed"),
    [
        ("app:1", "app@sha256:11"),
        ("docker.io/library/app", "app@sha256:11"),
        ("index.docker.io/me/app:1", "me/app@sha256:11"),
        ("host.test:5000/me/app:1", "host.test:5000/me/app@sha256:11"),
        ("app@sha256:11", "app@sha256:11"),
    ],
)
def test_digest_is_that_of_the_repository_that_i_named(reference: str, listed: str) -> None:
    """What the engine has lost is pulled from where I had it, whoever else has the same image."""
    image = read_image({"Id": "sha256:1", "RepoDigests": [OTHER, listed]})
    assert digest_of(image, reference) == listed


def test_digest_of_another_repository_alone_is_none() -> None:
    """A name that only ends like mine is not mine."""
    assert digest_of(read_image({"Id": "sha256:1", "RepoDigests": [OTHER]}), "app") is None
