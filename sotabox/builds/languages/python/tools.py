"""Apps that their framework's own command runs: dashboards, notebooks, chats."""

import re
import shlex
from typing import Final

from sotabox.builds.languages.python.apps import module_of, read_source, source_files
from sotabox.builds.languages.python.facts import Facts, Start
from sotabox.builds.languages.python.frameworks import Framework
from sotabox.builds.languages.python.servers import pinned
from sotabox.builds.source import Tree

#: Notebooks that Jupyter keeps beside the real ones.
_CHECKPOINTS: Final = ".ipynb_checkpoints"


def tool_start(facts: Facts, framework: Framework) -> Start | None:
    """The framework's command on its file; None if there is no such file."""
    path = (_notebook if framework.notebooks else _script)(facts.tree, framework)
    if path is None:
        return None
    module = module_of(path, "") if path.endswith(".py") else ""
    said = f"{path} imports {framework.imports[0]}" if framework.imports else "the notebooks"
    return Start(
        framework=framework.slug,
        command=framework.command.format(file=shlex.quote(path), module=module),
        why=said,
        file=path if "python {file}" in framework.command else "",
        env=framework.env,
        added=_added(facts, framework),
        build=framework.build,
        runtimes=framework.runtimes,
    )


def _added(facts: Facts, framework: Framework) -> tuple[str, ...]:
    wanted = framework.added
    if not wanted or facts.dependencies.with_extra(framework.package, *framework.brings):
        return ()
    if facts.dependencies.has(wanted):
        return ()
    return (wanted if "[" in wanted else pinned(wanted, facts.python),)


def _script(tree: Tree, framework: Framework) -> str | None:
    """The file that a framework's command runs: it imports the framework, and is no page of it."""
    imported = re.compile(
        rf"^[ \t]*(?:from|import)\s+(?:{'|'.join(framework.imports)})\b", re.MULTILINE
    )
    signs = re.compile(framework.signs)
    files = [f for f in source_files(tree) if "pages/" not in f]
    order = [*(f for f in framework.files if f in files), *files]
    texts = ((file, read_source(tree, file)) for file in order)
    return next((f for f, text in texts if imported.search(text) and signs.search(text)), None)


def _notebook(tree: Tree, framework: Framework) -> str | None:  # noqa: ARG001 - as `_script`
    """The one notebook, else the directory of all."""
    found = [path for path in tree.glob("**/*.ipynb") if _CHECKPOINTS not in path]
    if not found:
        return None
    return found[0] if len(found) == 1 else "."
