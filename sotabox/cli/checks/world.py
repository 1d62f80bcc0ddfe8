"""What the box needs from outside: names that lead to it, and the right time."""

import ctypes
import secrets
from datetime import UTC, datetime
from typing import Final

from sotabox.cli.box_url import is_local
from sotabox.cli.checks.finding import Finding, bad, fine
from sotabox.cli.checks.patient import Patient
from sotabox.domains.addresses import Addresses
from sotabox.domains.records import BoxAddresses
from sotabox.domains.resolver import Resolver
from sotabox.domains.verification import Seen
from sotabox.settings import TlsMode

_UNSYNCHRONISED: Final = 5  # TIME_ERROR, adjtimex(2)
_TIMEX_BYTES: Final = 512


async def check_names(patient: Patient) -> list[Finding]:
    """The box's domain, and every name below it, lead here."""
    settings = patient.settings
    if is_local(settings.domain):
        return [fine("DNS", f"not asked: {settings.domain} is a local name")]
    if patient.router.tls_mode is TlsMode.OFF:
        return [fine("DNS", "not asked: this box speaks plain HTTP, so something stands before it")]
    resolver = Resolver(settings.dns)
    box = await Addresses(settings.public_ip, settings.domain, resolver).find()
    below = (
        f"sotabox-{secrets.token_hex(4)}.{settings.domain}"  # a name that nobody has set by itself
    )
    names = {settings.domain: settings.domain, f"*.{settings.domain}": below}
    return [judge_name(shown, await resolver.look(asked), box) for shown, asked in names.items()]


def judge_name(name: str, seen: Seen, box: BoxAddresses) -> Finding:
    """The finding that follows from what DNS says of `name`."""
    record = f"Set in DNS: {name} A {', '.join(box.v4) or 'the address of this server'}"
    if seen.trouble:
        return bad("DNS", f"{name}: {seen.trouble}", "resolvectl status")
    if not seen.addresses:
        return bad("DNS", f"{name} leads nowhere", record)
    addresses = ", ".join(sorted(seen.addresses))
    if strangers := seen.addresses - box.all:
        said = f"{name} leads to {', '.join(sorted(strangers))}, which is not this server"
        return bad("DNS", said, record)
    return fine("DNS", f"{name} leads here ({addresses})")


async def check_clock(patient: Patient) -> list[Finding]:
    """The clock is kept right: certificates and sessions go by it."""
    newest = datetime.fromtimestamp(patient.folders.database.stat().st_mtime, UTC)
    synchronised = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return [judge_clock(datetime.now(UTC), newest, is_kept=synchronised != _UNSYNCHRONISED)]


def judge_clock(now: datetime, newest: datetime, *, is_kept: bool) -> Finding:
    """The finding that follows from the time, that of the newest write, and who keeps the clock."""
    mend = "sudo timedatectl set-ntp true"
    if now < newest:
        return bad("clock", f"{now:%Y-%m-%d %H:%M} UTC is before the box's own last write", mend)
    if not is_kept:
        return bad("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, but nobody keeps it right", mend)
    return fine("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, kept right")
