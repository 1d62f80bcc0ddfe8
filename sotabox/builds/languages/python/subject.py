"""The app in question: its tree, what it depends on, how it is started."""

from dataclasses import dataclass, replace

from sotabox.builds.languages.python.django import Django, find_django
from sotabox.builds.languages.python.facts import Facts, Start
from sotabox.builds.languages.python.manager import Manager
from sotabox.builds.languages.python.project import Project, read_project
from sotabox.builds.languages.python.requirements import joined
from sotabox.builds.languages.python.start import find_start
from sotabox.builds.languages.python.workspace import members_of, several_apps
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the plan is made for. `directory` is the workspace member's, or ""."""

    tree: Tree
    project: Project
    manager: Manager
    start: Start | None
    django: Django | None
    directory: str = ""


def find_subject(
    tree: Tree, project: Project, manager: Manager, overrides: Overrides, member: str = ""
) -> Subject:
    """The app in the tree's root, or the one app among the members of its workspace.

    Args:
        member: the directory of the member that a person chose.

    Raises:
        UnknownApp: several members can be started, and nothing says which.
    """
    if member:
        return _member_subject(tree, read_project(tree, member), manager, overrides, member)
    root = _subject(tree, project, manager, overrides)
    if (
        manager.name != "uv"
        or not project.workspace
        or (root.start and root.start.framework != "python")
    ):
        return root
    subjects = (
        _member_subject(tree, project, manager, overrides, directory)
        for directory, project in members_of(tree, project).items()
    )
    found = [subject for subject in subjects if subject.start]
    served = [subject for subject in found if subject.start and subject.start.framework != "python"]
    chosen = served or found
    if not chosen or overrides.start:
        return root
    if len(chosen) > 1:
        raise several_apps([subject.directory for subject in chosen])
    return chosen[0]


def _member_subject(
    tree: Tree, member: Project, manager: Manager, overrides: Overrides, directory: str
) -> Subject:
    dependencies = joined(manager.dependencies, member.dependencies)
    own = replace(manager, dependencies=dependencies, member=member.name)
    subject = _subject(tree.subtree(directory), member, own, overrides)
    return replace(subject, tree=tree, directory=directory)


def _subject(tree: Tree, project: Project, manager: Manager, overrides: Overrides) -> Subject:
    django = find_django(tree, overrides) if manager.name else None
    facts = Facts(
        tree=tree,
        project=project,
        dependencies=manager.dependencies,
        django=django,
        python=manager.python,
    )
    return Subject(
        tree=tree, project=project, manager=manager, start=find_start(facts), django=django
    )
