"""Asking the languages about a tree: by their manifests, then by their source files."""

from collections.abc import Sequence
from dataclasses import replace

from sotabox.builds.languages import shell, static
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import LanguagePlan, Reason
from sotabox.builds.source import Tree
from sotabox.builds.unknown import unknown_app
from sotabox.builds.verdict import Language


def language_plan(tree: Tree, overrides: Overrides, languages: Sequence[Language]) -> LanguagePlan:
    """The plan of the first language that takes the tree."""
    declined: dict[str, str] = {}
    if overrides.language:
        return _named_plan(tree, overrides, languages)
    for triggers in ("STRONG", "WEAK"):
        for language in languages:
            patterns: Sequence[str] = getattr(language, triggers)
            if language.NAME in declined or not any(tree.glob(p) for p in patterns):
                continue
            verdict = language.plan(tree, overrides)
            if isinstance(verdict, LanguagePlan):
                passed = tuple(Reason(f"not {name}", why) for name, why in declined.items())
                return replace(verdict, reasons=(*verdict.reasons, *passed))
            declined[language.NAME] = verdict.why
    if overrides.static_root is not None:
        verdict = static.plan(tree, overrides)
        if isinstance(verdict, LanguagePlan):
            return verdict
    if overrides.start is not None and shell in languages:
        verdict = shell.plan(tree, overrides)
        if isinstance(verdict, LanguagePlan):
            return verdict
    raise unknown_app(tree, languages, declined)


def _named_plan(tree: Tree, overrides: Overrides, languages: Sequence[Language]) -> LanguagePlan:
    """The plan of the one language that a person named."""
    chosen = [language for language in languages if overrides.language == language.NAME]
    for language in chosen:
        verdict = language.plan(tree, overrides)
        if isinstance(verdict, LanguagePlan):
            reason = Reason(f"the language {language.NAME}", overrides.origin("language"))
            return replace(verdict, reasons=(reason, *verdict.reasons))
        raise unknown_app(tree, chosen, {language.NAME: verdict.why})
    raise unknown_app(tree, languages, {})


def member_plan(
    within: tuple[Tree, str], overrides: Overrides, languages: Sequence[Language]
) -> LanguagePlan | None:
    """The plan of a directory that can't be built without a workspace above it; None if it can."""
    archive, directory = within
    for language in languages:
        ask = getattr(language, "plan_member", None)
        verdict = ask(archive, directory, overrides) if ask else None
        if isinstance(verdict, LanguagePlan):
            return verdict
    return None
