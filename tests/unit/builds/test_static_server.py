"""The image that serves sites."""

from pathlib import Path

from sotabox.builds.references import images_named
from sotabox.builds.static_server import static_server_image


def test_static_server_tag_names_its_content(tmp_path: Path) -> None:
    """A new Caddy is a new image; the same one is never built twice."""
    (tmp_path / "caddy").write_bytes(b"x")
    one = static_server_image(tmp_path / "caddy", "2.11.7")
    assert one == static_server_image(tmp_path / "caddy", "2.11.7")
    assert one.tag.startswith("sotabox/static-server:2.11.7-")
    assert one.tag != static_server_image(tmp_path / "caddy", "2.12.0").tag


def test_static_server_needs_no_registry(tmp_path: Path) -> None:
    """It stands on nothing but what the box carries; every file it copies is in its context."""
    (tmp_path / "caddy").write_bytes(b"x")
    image = static_server_image(tmp_path / "caddy", "1")
    assert images_named(image.dockerfile) == ()
    copied = [line.split()[1] for line in image.dockerfile.splitlines() if line.startswith("COPY")]
    assert set(copied) == set(image.files)
