"""Under which scheme, name and port this box and its apps are reached."""

from typing import TYPE_CHECKING

from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.router.terms import RouterSettings


def router_settings(settings: Settings) -> "RouterSettings":
    """What decides under which scheme and port hosts of this box are reached."""
    from sotabox.router.terms import RouterSettings

    return RouterSettings.of(settings)
