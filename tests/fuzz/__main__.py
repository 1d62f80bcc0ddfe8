"""Coverage-guided fuzzing of what reads uploads: `./tests/run fuzz [TARGET] [SECONDS]`.

A target is a module of `targets` with `SEEDS` (inputs that get far) and `attack` (what must hold for
any input). What is interesting is kept in `.cache/fuzz/TARGET`, and a later run goes on from there; an
input that breaks the promise ends the run and stays as `.cache/fuzz/found-TARGET-*`: it becomes a case
of the unit tests. atheris is installed by the command, not part of the suite's environment.
"""

import importlib
import sys
from hashlib import sha256
from pathlib import Path

import atheris  # type: ignore[import-untyped]

CACHE = Path(".cache/fuzz")
INPUT_MAX_BYTES = 16 * 1024
#: Of one input, far above what any takes on a busy machine.
TIMEOUT_S = 20
MEMORY_MB = 1024


def main(target: str, seconds: int) -> None:
    """Fuzzes one target; does not return, its exit code is libFuzzer's."""
    with atheris.instrument_imports(
        include=["sotabox.builds", "sotabox.web.upload", "multipart", "zipfile", "tarfile"]
    ):
        module = importlib.import_module(f"tests.fuzz.{target}")
    corpus = CACHE / target
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in module.SEEDS:
        (corpus / sha256(seed).hexdigest()).write_bytes(seed)
    arguments = [
        *(f"-max_total_time={seconds}", f"-max_len={INPUT_MAX_BYTES}", f"-timeout={TIMEOUT_S}"),
        *(f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={CACHE}/found-{target}-"),
        *("-print_final_stats=1", "-verbosity=1", str(corpus)),
    ]
    atheris.Setup([f"fuzz-{target}", *arguments], module.attack)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
