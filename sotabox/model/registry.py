"""Credentials of a container registry."""

from typing import Final

import msgspec

REGISTRIES_MAX: Final = 20  # of a user
USERNAME_MAX: Final = 255
PASSWORD_MAX: Final = 8192  # some are whole tokens, or a cloud's key in JSON


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """A registry's row, without the password; `user_id` None: for every project of the box."""

    id: str
    user_id: str | None
    host: str
    username: str
    created_at: str
    updated_at: str
