"""`sotabox completion`: what a shell needs to complete commands and flags, made from the parser."""

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.cli.failures import DONE
from sotabox.cli.parser import parsers_below

NAME = "completion"
HELP = "Print the completion script for a shell."

SHELLS: Final = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Node:
    """A command or action: the words that lead to it, and what may follow, each with its help."""

    words: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    flags: tuple[tuple[str, str], ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001  a command's shape
    nodes = list(read_nodes(arguments.whole()))
    render = {"bash": render_bash, "zsh": render_zsh, "fish": render_fish}[arguments.shell]
    print(render(nodes), end="")
    return DONE


def read_nodes(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Node]:
    """The parser's commands and actions, from the top."""
    below = parsers_below(parser)
    choices: list[tuple[str, str]] = []
    flags: list[tuple[str, str]] = []
    for action in parser._actions:  # noqa: SLF001  argparse tells of itself in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            choices += [(row.dest, row.help or "") for row in action._choices_actions]  # noqa: SLF001
        elif action.option_strings:
            flags += [(name, _plain(action.help)) for name in action.option_strings]
        elif action.choices:
            choices += [(str(choice), "") for choice in action.choices]
    yield Node(words, tuple(choices), tuple(flags))
    for name, child in below.items():
        yield from read_nodes(child, (*words, name))


def render_bash(nodes: list[Node]) -> str:
    """A script for `source <(sotabox completion bash)`."""
    cases = "\n".join(
        f'        "{" ".join(node.words)}") words="{_words(node)}" ;;' for node in nodes
    )
    known = " ".join(sorted({word for node in nodes for word in node.words}))
    return f"""\
_sotabox() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" path="" words="" word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case " {known} " in *" $word "*) path="${{path:+$path }}$word" ;; esac
    done
    case "$path" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [ "${{#COMPREPLY[@]}}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _sotabox sotabox
"""


def render_zsh(nodes: list[Node]) -> str:
    """A script for `source <(sotabox completion zsh)`."""
    return f"autoload -Uz bashcompinit && bashcompinit\n{render_bash(nodes)}"


def render_fish(nodes: list[Node]) -> str:
    """A script for `sotabox completion fish | source`."""
    lines = []
    for node in nodes:
        where = _fish_condition(node, nodes)
        for name, help_ in node.choices:
            lines.append(f"complete -c sotabox -f -n '{where}' -a {name} -d '{_quoted(help_)}'")
        for name, help_ in node.flags:
            kind = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
            lines.append(f"complete -c sotabox -n '{where}' {kind} -d '{_quoted(help_)}'")
    return "\n".join(lines) + "\n"


def _fish_condition(node: Node, nodes: list[Node]) -> str:
    if not node.words:
        return "__fish_use_subcommand"
    seen = [f"__fish_seen_subcommand_from {word}" for word in node.words]
    below = [n.words[-1] for n in nodes if n.words[:-1] == node.words]
    if below:
        seen.append(f"not __fish_seen_subcommand_from {' '.join(below)}")
    return "; and ".join(seen)


def _words(node: Node) -> str:
    return " ".join([*(name for name, _ in node.choices), *(name for name, _ in node.flags)])


def _plain(help_: str | None) -> str:
    return re.sub(r"\s+", " ", (help_ or "").replace("%%", "%"))


def _quoted(text: str) -> str:
    return _plain(text).replace("\\", "\\\\").replace("'", "\\'")
