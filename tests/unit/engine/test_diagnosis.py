"""Engines' errors in a user's words, as several versions of the engine put them."""

import pytest

from sotabox.engine.diagnosis import (
    BuildFailed,
    diagnose_build,
    diagnose_pull,
    out_of_memory,
    timed_out,
)
from sotabox.errors import DiskFull


@pytest.mark.parametrize(
    ("message", "step", "expected"),
    [
        (
            "executor failed running [/bin/sh -c npm ci]: exit code: 3",
            "[build 2/4] RUN npm ci",
            "The step 'RUN npm ci' failed with exit code 3.",
        ),
        (
            'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
            "[2/4] RUN npm ci",
            "The step 'RUN npm ci' failed with exit code 1.",
        ),
        (
            "dockerfile parse error line 1: unknown instruction: FRM",
            None,
            "The Dockerfile has an error in line 1: unknown instruction: FRM.",
        ),
        (
            "dockerfile parse error on line 4: unknown instruction: FRM (did you mean FROM?)",
            None,
            "The Dockerfile has an error in line 4: unknown instruction: FRM (did you mean FROM?).",
        ),
        (
            'failed to compute cache key: "/nothere" not found: not found',
            "[2/3] COPY nothere /x",
            "'nothere' is not in the upload, but the step 'COPY nothere /x' needs it.",
        ),
        (
            (
                "failed to compute cache key: failed to calculate checksum of ref a::b: "
                '"/a/b c": not found'
            ),
            None,
            "'a/b c' is not in the upload, but the Dockerfile copies it.",
        ),
        (
            "lstat /var/lib/docker/overlay2/9b/merged/dist: no such file or directory",
            "[stage-1 2/2] COPY --from=build /dist /x",
            "'dist' does not exist, but the step 'COPY --from=build /dist /x' needs it.",
        ),
        (
            (
                "failed to read dockerfile: open /tmp/buildkit-mount1/Dockerfile: "
                "no such file or directory"
            ),
            "[internal] load build definition from Dockerfile",
            "The upload holds no Dockerfile.",
        ),
        (
            (
                'failed to do request: Head "http://r/v2/x/manifests/1": dial tcp: lookup r: '
                "no such host"
            ),
            "[internal] load metadata for r.example/x:1",
            "The registry of the image 'r.example/x:1' can't be reached: no such host.",
        ),
        (
            "pull access denied, repository does not exist or may require authorization",
            "resolve image config for docker-image://r.example/frontend:1",
            (
                "The image 'r.example/frontend:1' does not exist, or its registry wants a password "
                "for it."
            ),
        ),
        (
            "lstat /var/lib/docker/tmp/buildkit-mount42/dist: no such file or directory",
            "[stage-1 2/2] COPY --from=build /dist /x",
            "'dist' does not exist, but the step 'COPY --from=build /dist /x' needs it.",
        ),
        ("something new.", None, "The build failed: something new."),
    ],
)
def test_diagnose_build_says_what_was_wrong(message: str, step: str | None, expected: str) -> None:
    """I can act on a failed build without knowing BuildKit."""
    failure = diagnose_build(message, step=step)
    assert isinstance(failure, BuildFailed)
    assert failure.message == expected


def test_diagnose_build_out_of_memory_names_the_setting() -> None:
    """A build that was killed says what to raise."""
    failure = diagnose_build("executor failed running [x]: exit code: 137", step="[2/2] RUN x")
    assert isinstance(failure, BuildFailed)
    assert failure.exit_code == 137
    assert "ran out of memory" in failure.message
    assert "SOTABOX_BUILD_MEMORY_MB" in str(failure.hint)


def test_diagnose_build_on_a_full_disk_is_the_box_s_fault() -> None:
    """A full disk is not blamed on my app."""
    assert isinstance(diagnose_build("mkdir /x: No space left on device"), DiskFull)
    assert isinstance(diagnose_build("x: exit code: 1", disk_is_full=True), DiskFull)
    assert isinstance(diagnose_pull("write /x: no space left on device", "a", None), DiskFull)


def test_diagnose_build_shortens_a_long_step() -> None:
    """A heredoc of a page does not fill the error."""
    failure = diagnose_build("exit code: 1", step=f"[2/2] RUN {'x' * 500}")
    assert isinstance(failure, BuildFailed)
    assert len(failure.message) < 170


def test_diagnose_pull_ignores_words_in_the_image_s_name() -> None:
    """An image named `denied` is not taken for a refusal."""
    failure = diagnose_pull("Get denied:403: EOF", "denied:403", user="ann")
    assert str(failure) == "The image 'denied:403' can't be pulled: EOF."


def test_timed_out_names_the_setting() -> None:
    """A build that took too long says what to raise."""
    failure = timed_out(900)
    assert failure.message == "The build was ended after 900 s."
    assert "SOTABOX_BUILD_TIMEOUT_S" in str(failure.hint)


def test_build_that_may_start_no_more_processes_says_so() -> None:
    """A fork bomb, or a build with too many workers, names the limit that it met."""
    failure = diagnose_build("exit code: 1", step="[2/2] RUN make -j999", no_processes=True)
    assert isinstance(failure, BuildFailed)
    assert failure.message == (
        "The step 'RUN make -j999' failed with exit code 1: it could start no more processes."
    )
    assert failure.hint is not None
    assert "SOTABOX_BUILD_PIDS" in failure.hint


def test_out_of_memory_says_it_once() -> None:
    """What the kernel is known to have done is not guessed at beside."""
    failure = diagnose_build("exit code: 137", step="[2/2] RUN make")
    assert isinstance(failure, BuildFailed)
    assert out_of_memory(512_000_000, failure).message == (
        "The build ran out of memory: builds may use 512 MB. The step 'RUN make' was killed."
    )
