"""A parser of arguments that helps where a word is not known."""

import argparse
from typing import Any


class Parser(argparse.ArgumentParser):
    """Names the nearest word in place of listing all; no flag may be abbreviated.

    A flag that is spelled out will not come to mean another one in a later version.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        from difflib import get_close_matches

        near = get_close_matches(str(value), [str(choice) for choice in action.choices], n=1)
        help_ = f"Is it {near[0]}?" if near else f"See them: {self.prog} --help"
        raise argparse.ArgumentError(action, f"there is no {value!r}. {help_}")
