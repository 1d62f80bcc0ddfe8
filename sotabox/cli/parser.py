"""A parser of arguments that helps where a word is not known."""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

_N = TypeVar("_N")


class HelpFormatter(argparse.HelpFormatter):
    """Wraps between words alone: no address, flag or hyphenated word is taken apart."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrap(text, width) or [""]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(f"{indent}{line}" for line in _wrap(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """Names the nearest word in place of listing all; no flag may be abbreviated.

    A flag that is spelled out will not come to mean another one in a later version.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        defaults = {"allow_abbrev": False, "formatter_class": HelpFormatter}
        super().__init__(*args, **{**defaults, **options})

    def parse_known_args(  # type: ignore[override]  # its overloads are more than is used
        self, args: Sequence[str] | None = None, namespace: _N | None = None
    ) -> tuple[_N, list[str]]:
        """As argparse does it; a command of which nothing was said but its name shows its help."""
        needs_word = self._subparsers and any(
            action.required
            for action in self._subparsers._group_actions  # noqa: SLF001  told in no other way
        )
        if needs_word and not args:
            self.print_help(sys.stderr)
            self.exit(2)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:  # told by the command that does not know them, with its own usage
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown  # type: ignore[return-value]

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """As argparse does it, once the help that was printed has gone out."""
        sys.stdout.flush()
        super().exit(status, message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        from difflib import get_close_matches

        near = get_close_matches(str(value), [str(choice) for choice in action.choices], n=1)
        help_ = f"Is it {near[0]}?" if near else f"See them: {self.prog} --help"
        raise argparse.ArgumentError(action, f"there is no {value!r}. {help_}")


def parsers_below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a command's actions, by the word that leads to each."""
    return {
        word: child
        for action in parser._actions  # noqa: SLF001  argparse tells of itself in no other way
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for word, child in action.choices.items()
    }


def describe_actions(parser: argparse.ArgumentParser) -> None:
    """Lets each action's own help begin with what the list of actions says of it."""
    for word, child in parsers_below(parser).items():
        for row in (row for action in parser._actions for row in _rows(action)):  # noqa: SLF001
            if row.dest == word and row.help:
                child.description = f"{row.help[0].upper()}{row.help[1:]}"


def _rows(action: argparse.Action) -> list[argparse.Action]:
    return getattr(action, "_choices_actions", [])


def _wrap(text: str, width: int) -> list[str]:
    whole = " ".join(text.split())
    return textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False)
