"""What looks after a box by itself, as its admins see it and call for it."""

from dataclasses import dataclass

from sotabox.operations.room import Room
from sotabox.router.kept_certificates import KeptCertificates
from sotabox.upkeep.backups import Backups


@dataclass(frozen=True, slots=True)
class Caretaking:
    """The caretakers of one box: of its disk's room, its certificates, its backups."""

    room: Room
    certificates: KeptCertificates
    backups: Backups
