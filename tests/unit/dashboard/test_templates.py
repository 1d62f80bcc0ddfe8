"""Templates and the contexts that fill them; what static/ holds of others."""

import hashlib
import importlib
import json
import pkgutil
import re
from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import meta, nodes

import sotabox.dashboard
from sotabox.assets import folder
from sotabox.dashboard.assets import Assets
from sotabox.dashboard.notices import NOTICES
from sotabox.dashboard.templates import Page, Templates

PAGES = Path(folder("templates")) / "pages"


def contexts() -> dict[str, type[Page]]:
    """Every page's context, by its template."""
    for module in pkgutil.iter_modules(sotabox.dashboard.__path__):
        importlib.import_module(f"sotabox.dashboard.{module.name}")
    return {page.template: page for page in Page.__subclasses__() if hasattr(page, "template")}


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(folder("templates"), Assets(folder("static")).url)


def names_in(templates: Templates, name: str) -> set[str]:
    """The variables that a template and those it extends ask for."""
    source = (Path(folder("templates")) / name).read_text(encoding="utf-8")
    tree = templates.environment.parse(source)
    macros = {name for found in tree.find_all(nodes.FromImport) for name in found.names}
    imported = {name[1] if isinstance(name, tuple) else name for name in macros}
    own = {macro.name for macro in tree.find_all(nodes.Macro)}
    names = meta.find_undeclared_variables(tree) - imported - own
    for other in meta.find_referenced_templates(tree):
        if other and not other.startswith("parts/"):
            names |= names_in(templates, other)
    return names


def test_each_page_has_a_context_and_each_context_a_page() -> None:
    """No template lies around, no context is without one."""
    assert set(contexts()) == {f"pages/{path.name}" for path in PAGES.iterdir()}


@pytest.mark.parametrize("name", sorted(contexts()))
def test_page_asks_for_what_its_context_has(templates: Templates, name: str) -> None:
    """A typo in a template, or a field that nobody shows, fails here and not for a person."""
    given = {field.name for field in fields(contexts()[name])}
    wanted = names_in(templates, name) - {"frame", "asset", "icon"}
    assert wanted == given


def test_vendored_files_are_what_the_manifest_says() -> None:
    """What comes from others is unaltered, and known by version and digest."""
    static = folder("static")
    manifest = json.loads((static / "vendor.json").read_text(encoding="utf-8"))
    known = {}
    for package in manifest["packages"].values():
        assert package["version"]
        assert package["licence"]
        known |= {target: file["sha256"] for target, file in package["files"].items()}
        if sprite := package.get("sprite"):
            known[sprite["to"]] = sprite["sha256"]
    found = {
        path.relative_to(static).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in [*(static / "vendor").iterdir(), static / "icons.svg"]
    }
    assert found == known


def test_notices_are_sentences() -> None:
    """Each is a whole sentence without an exclamation mark."""
    assert all(text.endswith(".") and "!" not in text for text in NOTICES.values())


#: What takes a text for markup or for a script: nobody may need to know where that text is from.
SINKS = re.compile(
    r"\|\s*safe\b|autoescape|\s[\w-]+=\{\{"  # also a value without quotes around it
    r"|\b(?:inner|outer)HTML\b(?!\")|insertAdjacentHTML|createContextualFragment|document\.write"
    r"|\beval\(|new Function|hx-on|hx-vals|\bon\w+=|srcdoc|javascript:"
)


def test_no_template_and_no_script_takes_text_for_markup() -> None:
    """Escaping holds everywhere: there is no way around it in what the pages are made of."""
    sources = [*Path(folder("templates")).rglob("*.html"), *Path(folder("static")).glob("*.js")]
    assert len(sources) > 40
    found = [(path.name, m[0]) for path in sources for m in SINKS.finditer(path.read_text())]
    assert found == []
