"""Where the dashboard can be asked, from its own modules."""

import importlib
import pkgutil
import re

from sotabox import dashboard


def dashboard_routes(method: str) -> set[str]:
    """The path templates that answer to a method, such as `/projects/{project}`."""
    modules = [
        importlib.import_module(f"{dashboard.__name__}.{module.name}")
        for module in pkgutil.iter_modules(dashboard.__path__)
    ]
    return {
        re.sub(r":\w+}", "}", path)
        for module in modules
        for handler in getattr(module, "ROUTES", ())
        if method in handler.http_methods
        for path in handler.paths
    }
