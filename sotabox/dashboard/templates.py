"""The templates: HTML of `templates/`, filled by typed contexts.

A page is a frozen dataclass whose fields are what its template may use, besides the `frame` around
every page. Everything is escaped; a name that a context lacks is an error, also in a branch.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sotabox.dashboard import words
from sotabox.model.deployment import Status
from sotabox.operations.alarms import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page's context; a subclass names its template and adds fields."""

    template: ClassVar[str]

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """A step of the way to a page."""

    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a page.

    Attributes:
        email: of who is logged in; empty for a guest.
        csrf: the token for this page's forms.
        here: the page's own address, for what refreshes itself.
        live: where the page's events come from; empty for a page without.
        notice: what was just done, in words.
        alarms: what needs a person, for admins.
    """

    domain: str
    email: str
    admin: bool
    csrf: str
    here: str
    live: str
    crumbs: tuple[Crumb, ...]
    notice: str
    alarms: tuple[Alarm, ...] = ()


class Templates:
    """Renders pages."""

    def __init__(self, folder: Path, asset: Callable[[str], str]) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals |= {"asset": asset, "icon": _icons(asset)}
        self.environment.filters |= {
            "ago": _ago,
            "clock": words.clock,
            "count": words.count,
            "duration": words.duration,
            "size": words.size,
            "shape": lambda status: words.SHAPES[Status(status)][0],
            "tone": lambda status: words.SHAPES[Status(status)][1],
        }

    def render(self, page: Page, frame: Frame) -> bytes:
        """The page as HTML."""
        context = {field.name: getattr(page, field.name) for field in fields(page)}
        template = self.environment.get_template(page.template)
        return template.render(context, frame=frame).encode()

    def part(self, name: str, **context: object) -> Markup:
        """A piece of a page that stays the same, for a page to hold as it is."""
        # Escaped already, as all that the environment renders is.
        return Markup(self.environment.get_template(name).render(context))  # noqa: S704


def _ago(then: str) -> Markup:
    """A moment that scripts keep fresh; what it says was true when the page was made."""
    text = words.ago(then, datetime.now(UTC))
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        then, words.clock(then), text
    )


def _icons(asset: Callable[[str], str]) -> Callable[[str], Markup]:
    sprite = asset("icons.svg")

    def icon(name: str) -> Markup:
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
            sprite, name
        )

    return icon
