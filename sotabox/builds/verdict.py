"""What a language says of a tree that it was asked about, and the shape of a language module."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import LanguagePlan
from sotabox.builds.source import Tree


@dataclass(frozen=True, slots=True)
class Declined:
    """Triggered, but on a closer look another language's app; `why` is shown if none fits."""

    why: str


class Language(Protocol):
    """A module of `sotabox.builds.languages`."""

    @property
    def NAME(self) -> str: ...  # noqa: N802 - constants of a module

    @property
    def STRONG(self) -> Sequence[str]: ...  # noqa: N802

    @property
    def WEAK(self) -> Sequence[str]: ...  # noqa: N802

    def plan(self, tree: Tree, overrides: Overrides) -> LanguagePlan | Declined: ...
