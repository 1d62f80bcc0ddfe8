"""What `./tests/run fuzz` starts from: each seed of each target, so that a harness can't rot unseen."""

import importlib

import pytest

TARGETS = ("archive", "zipped", "form")


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_of_the_fuzzer_keep_its_promise(target: str) -> None:
    """Every harness runs with what is in the product today."""
    module = importlib.import_module(f"tests.fuzz.{target}")
    for seed in module.SEEDS:
        module.attack(seed)
