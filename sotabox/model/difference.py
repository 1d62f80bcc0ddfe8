"""What differs between two releases of a project, as values."""

from collections.abc import Mapping
from typing import Any

import msgspec


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that is another one now; a path with dots where it lies deeper."""

    field: str
    before: Any
    after: Any


class KeyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Keys by what happened to them, each sorted."""

    added: list[str]
    removed: list[str]
    changed: list[str]


def diff_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The facts that differ, by name; mappings are looked into, lists are compared whole.

    >>> [c.field for c in diff_fields({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})]
    ['b.c']
    """
    old, new = _flat(before), _flat(after)
    return [
        FieldChange(field=name, before=old.get(name), after=new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def diff_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> KeyChanges:
    """Which keys came, went, or stand for something else."""
    return KeyChanges(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=sorted(key for key in before.keys() & after.keys() if before[key] != after[key]),
    )


def _flat(facts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
