"""What may be named as an image, a repository, a ref or a directory."""

import pytest

from sotabox.model.origin import (
    ArchiveOrigin,
    archive_origin,
    check_directory,
    check_git_url,
    check_ref,
    check_reference,
    check_registry,
    check_token,
)

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("filename", "folder", "known_as"),
    [
        ("shop-1.2.tar.gz", "", ("shop-1.2.tar.gz", False)),
        ("C:\\apps\\shop.zip", "", ("shop.zip", False)),
        ("../../etc/passwd", "", ("passwd", False)),
        ("archive.tar.gz", "shop/", ("shop", True)),
        ("gr\u00fc\u00dfe\u202e\x00\udcff.zip", "", ("gr\u00fc\u00dfe.zip", False)),
        ("x" * 300, "", ("x" * 100, False)),
        ("archive.tar.gz", "", None),  # of the official clients, whatever they packed
        ("", "", None),
        ("/\x1b/", "\n", None),
    ],
)
def test_archive_is_known_as_its_sender_called_it(
    filename: str, folder: str, known_as: tuple[str, bool] | None
) -> None:
    """By its last part, without what turns a line of the page around."""
    expected = ArchiveOrigin(name=known_as[0], folder=known_as[1]) if known_as else None
    assert archive_origin(filename, folder) == expected


@pytest.mark.parametrize(
    "reference",
    ["web", "team/app", "team/app:1.2", f"web@{DIGEST}", f"host.test:5000/a/b__c:x@{DIGEST}"],
)
def test_reference_of_every_usual_form_is_taken(reference: str) -> None:
    """What one types after `docker pull` works."""
    assert check_reference(reference) is None


@pytest.mark.parametrize(
    "reference",
    ["", "-v", "--all", "Team/App", "a b", "a;b", "$(id)", "a:b:c", "a@sha256:00", "../a",
     "a/../b", "https://host.test/a", "a\n", "é", "a" * 600],
)  # fmt: skip
def test_reference_of_no_image_is_refused(reference: str) -> None:
    """Options, commands, paths and URLs are no names of images."""
    assert check_reference(reference) is not None


@pytest.mark.parametrize("ref", ["main", "v1.0", "feature/a-b", "refs/heads/main", "a" * 40, "a@b"])
def test_ref_of_every_usual_form_is_taken(ref: str) -> None:
    """Branches, tags and commits."""
    assert check_ref(ref) is None


@pytest.mark.parametrize(
    "ref",
    ["", "-", "--upload-pack=sh", "a;b", "$(id)", "`id`", "a b", "a..b", "a:b", "+main", "^a", "a~1",
     "a@{1}", "a.lock", "a/", "a//b", "a\\b", "a\nb", "a*", "a?", "a[b", "x" * 256],
)  # fmt: skip
def test_ref_that_could_mean_something_else_is_refused(ref: str) -> None:
    """Nothing that git or a shell would read as an option, a range or a command."""
    assert check_ref(ref) is not None


@pytest.mark.parametrize("directory", ["apps/web", "a b/ü", "src"])
def test_directory_inside_is_taken(directory: str) -> None:
    """Any name that a repository may hold."""
    assert check_directory(directory) is None


@pytest.mark.parametrize(
    "directory", ["", "/etc", "..", "a/../..", "a//b", "./a", "-x", "a:b", "a\0b", "a\nb", "a\\b"]
)
def test_directory_elsewhere_is_refused(directory: str) -> None:
    """Nothing outside, and nothing that git would read as more than a path."""
    assert check_directory(directory) is not None


@pytest.mark.parametrize(
    "url",
    ["http://git.test/a", "git://git.test/a", "ssh://git.test/a", "file:///etc", "/etc/a",
     "ext::sh -c id", "git@git.test:a/b", "https://", "https://git.test", "https://git.test/",
     "https://user:pw@git.test/a", "https://git.test:0/a", "https://git.test:99999/a",
     "https://git.test/a?x=1", "https://git.test/a#b", "https://git.test\\@x.test/a",
     "https://git.test/a b", "https://git.test/" + "a" * 2048, "-uhttps://git.test/a"],
)  # fmt: skip
def test_git_url_of_another_kind_is_refused(url: str) -> None:
    """HTTPS and a repository on a host, nothing else."""
    assert check_git_url(url, insecure=False) is not None


def test_git_url_without_tls_needs_the_box_to_allow_it() -> None:
    """A token must not go over the wire in the clear."""
    assert check_git_url("https://git.test/team/app.git", insecure=False) is None
    assert check_git_url("http://git.test/team/app.git", insecure=True) is None


def test_registry_and_token_have_a_form() -> None:
    """A host, with a port or without; a token that fits in a header."""
    assert check_registry("registry.test:5000") is None
    assert [check_registry(host) is None for host in ("", "a b", "a/b", "-a", "a:b")] == [False] * 5
    assert check_token("abc") is None
    assert [check_token(token) is None for token in ("", "a\r\nb", "é", "a" * 2000)] == [False] * 4
