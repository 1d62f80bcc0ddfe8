"""What went wrong with a form, shown in its place: beside the field, or above the form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from sotabox.errors import Detail, Invalid, SotaboxError


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a page shows it: what happened, what to do, and which fields it is about."""

    message: str = ""
    hint: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: SotaboxError) -> Self:
        """The trouble that an error stands for."""
        return cls(
            error.message,
            error.hint or "",
            {detail.field: detail.message for detail in error.details},
        )

    @staticmethod
    def in_field(name: str, problem: str) -> Invalid:
        """The error of one field of a form."""
        return Invalid("Something in this form can't be used", details=[Detail(name, problem)])

    def __bool__(self) -> bool:
        return bool(self.message)


NO_TROUBLE = Trouble()
