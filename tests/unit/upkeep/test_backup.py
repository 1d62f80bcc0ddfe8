"""Names of backups, and which of them go."""

from sotabox.upkeep.backup import superfluous_backups

NAMES = [f"sotabox-a1-2026030{day}T000000Z.sotabox-backup" for day in range(1, 6)]


def test_the_newest_backups_are_kept() -> None:
    """As many as the setting says, by the time in their name."""
    assert superfluous_backups(reversed(NAMES), "a1", 3) == NAMES[:2]
    assert superfluous_backups(NAMES, "a1", 5) == []


def test_what_is_not_of_this_box_stays() -> None:
    """A folder may hold other boxes' backups, and anything else."""
    others = ["notes.txt", "sotabox-b2-20200101T000000Z.sotabox-backup", "sotabox-a1-notes.txt"]
    assert superfluous_backups([*others, *NAMES], "a1", 5) == []
