"""What a Dockerfile refers to."""

import pytest

from sotabox.builds.references import exposed_port, images_named, unreadable_images


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("FROM node:22", ("node:22",)),
        ("from node:22 as base\nFROM base\nfrom BASE AS x", ("node:22",)),
        ("FROM scratch", ()),
        ("FROM --platform=$BUILDPLATFORM golang:1.25 AS build\nFROM scratch\nCOPY --from=build /a /a", ("golang:1.25",)),
        ("ARG V=22\nFROM node:${V}-slim", ("node:22-slim",)),
        ("ARG V\nFROM node:${V:-20}", ("node:20",)),
        ("ARG V\nFROM node:$V", ()),
        ("ARG A=1 B=2\nFROM x:$A.$B", ("x:1.2",)),
        ("ARG R=reg/\nARG I=${R}app\nFROM $I", ("reg/app",)),
        ('ARG V="22"\nFROM node:$V', ("node:22",)),
        ("FROM a\nCOPY --from=b:1 /x /x\nCOPY --from=0 /y /y\nCOPY --chown=1:1 --from=c /z /z", ("a", "b:1", "c")),
        ("FROM a\nRUN --mount=type=bind,from=tools:1,target=/t ls\nRUN --mount=type=cache,target=/c ls", ("a", "tools:1")),
        ("# syntax=docker/dockerfile:1\nFROM a", ("docker/dockerfile:1", "a")),
        ("#syntax = docker/dockerfile:1.7-labs\n# escape=`\nFROM a", ("docker/dockerfile:1.7-labs", "a")),
        ("# a comment\n# syntax=docker/dockerfile:1\nFROM a", ("a",)),
        ("# escape=`\nFROM `\n  a `\n  AS x\nFROM b", ("a", "b")),
        ("FROM a \\\n# comment\n\n  AS x\nFROM x", ("a",)),
        ("FROM a\nRUN <<EOF\nFROM no\nEOF\nFROM b", ("a", "b")),
        ("FROM a\nRUN <<-'E' cat > x\n\tFROM no\n\tE\nFROM b", ("a", "b")),
        ("FROM a\nCOPY <<A <<B /x/\nFROM no\nA\nFROM no\nB\nFROM b", ("a", "b")),
        ("FROM a\r\nFROM b\r\n", ("a", "b")),
        ("FROM a\nFROM a", ("a",)),
        ("FROM reg.example.com:5000/a/b@sha256:00ff", ("reg.example.com:5000/a/b@sha256:00ff",)),
        ("FROM a\nRUN echo \\", ("a",)),
        ("", ()),
        ("FRM a", ()),
    ],
)  # fmt: skip
def test_images_named_are_what_a_build_needs(text: str, images: tuple[str, ...]) -> None:
    """What is missing on the box is pulled before the build starts, and nothing else."""
    assert images_named(text) == images


def test_names_that_only_the_build_can_read_are_told() -> None:
    """What can't be judged beforehand can be refused where that matters."""
    text = "ARG A=xb\nARG V\nFROM ${A#x} AS one\nFROM a:$V\nCOPY --from=$W / /\nRUN echo $X"
    assert images_named(text, {"V": "1"}) == ("a:1",)
    assert unreadable_images(text, {"V": "1"}) == ("${A#x}", "$W")


def test_images_named_take_build_arguments() -> None:
    """A given argument beats the default."""
    assert images_named("ARG V=1\nFROM a:$V", {"V": "2", "OTHER": "3"}) == ("a:2",)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("FROM a\nEXPOSE 3000", 3000),
        ("FROM a\nEXPOSE 3000 4000\nEXPOSE 5000", 3000),
        ("FROM a\nEXPOSE 53/udp 8053/tcp", 8053),
        ("FROM a\nEXPOSE 53/udp", None),
        ("FROM a\nARG P=4000\nEXPOSE $P", 4000),
        ("FROM a\nENV P=4000\nEXPOSE ${P}", 4000),
        ("FROM a\nENV P 4000\nEXPOSE $P", 4000),
        ("FROM a\nENV P=4000 Q=1\nENV R=$P\nEXPOSE $R/tcp", 4000),
        ("FROM a\nEXPOSE $P", None),
        ("FROM a\nEXPOSE ${P:-9000}", 9000),
        ("ARG P=7000\nFROM a\nARG P\nEXPOSE $P", 7000),
        ("FROM a AS base\nENV P=4000\nFROM base\nEXPOSE $P", 4000),
        ("FROM a AS one\nEXPOSE 1111\nFROM b\nEXPOSE 2222", 2222),
        ("FROM a AS one\nEXPOSE 1111\nFROM one", 1111),
        ("FROM a\nexpose 3000-3005", 3000),
        ("FROM a\nEXPOSE 99999", None),
        ("FROM a\nCMD x", None),
        ("", None),
    ],
)
def test_exposed_port_is_the_final_stages_first(text: str, port: int | None) -> None:
    """An own Dockerfile's EXPOSE says where the app listens."""
    assert exposed_port(text) == port
