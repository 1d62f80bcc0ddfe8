"""Secrets of backups, kept in files so that they stand in no list of processes."""

from pathlib import Path

from sotabox.errors import Invalid


def read_passphrase(file: Path) -> str | None:
    """The first line of a file; None where no file is named.

    Raises:
        Invalid: it can't be read, or is empty.
    """
    return read_secret(file, "passphrase") if file.name else None


def read_secret(file: Path, what: str) -> str:
    """The first line of a file.

    Raises:
        Invalid: it can't be read, or is empty; says of `what` it is the file.
    """
    try:
        secret = file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The {what} file {file} can't be read: {error}") from error
    if not secret:
        raise Invalid(f"The {what} file {file} is empty")
    return secret
