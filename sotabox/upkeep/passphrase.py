"""The passphrase of backups, kept in a file so that it stands in no list of processes."""

from pathlib import Path

from sotabox.errors import Invalid


def read_passphrase(file: Path) -> str | None:
    """The first line of a file; None where no file is named.

    Raises:
        Invalid: it can't be read, or is empty.
    """
    if not file.name:
        return None
    try:
        passphrase = file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The passphrase file {file} can't be read: {error}") from error
    if not passphrase:
        raise Invalid(f"The passphrase file {file} is empty")
    return passphrase
