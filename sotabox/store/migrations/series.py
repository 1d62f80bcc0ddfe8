"""The series that each step of the schema joins when its module is imported."""

from typing import Final

from sqlite_utils import Migrations

SCHEMA: Final = Migrations("sotabox")
