"""The certificates that lie in Caddy's storage, and what its log says of those that don't."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sotabox.crypto.certificates import certificate_end, certificate_issuer
from sotabox.router.spawn import issuance_words, log_mark, read_since
from sotabox.router.terms import RouterSettings

_WILDCARD: Final = "wildcard_"
#: Enough of the log's end for a day of refusals.
_LOG_TAIL_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it lies on disk: who signed it, and until when it is good."""

    name: str
    issuer: str
    ends_at: datetime
    kept_at: datetime  # when Caddy wrote it


@dataclass(frozen=True, slots=True)
class KeptCertificates:
    """Caddy's storage, read. Blocks: for a thread."""

    settings: RouterSettings
    _read: dict[tuple[Path, float], Certificate] = field(default_factory=dict)

    def by_name(self) -> dict[str, Certificate]:
        """The certificate of each name; the one that is good longest where there are several.

        Source: Caddy keeps `certificates/AUTHORITY/NAME/NAME.crt`, `*` as `wildcard_`.
        """
        found: dict[str, Certificate] = {}
        seen = set()
        for path in (self.settings.files.storage / "certificates").glob("*/*/*.crt"):
            key, certificate = self._certificate(path)
            if certificate is None:
                continue
            seen.add(key)
            before = found.get(certificate.name)
            if before is None or before.ends_at < certificate.ends_at:
                found[certificate.name] = certificate
        for gone in self._read.keys() - seen:
            self._read.pop(gone, None)
        return found

    def refusals(self, names: Iterable[str]) -> dict[str, str]:
        """Why there is no certificate of each name, as far as the log's end says."""
        mark = max(0, log_mark(self.settings.files) - _LOG_TAIL_BYTES)
        lines = read_since(self.settings.files, mark).splitlines()
        # Most lines are of other things: they are looked at once, not once for each name.
        log = "\n".join(line for line in lines if '"level":"error"' in line)
        said = {name: issuance_words(log, name) for name in names}
        return {name: words for name, words in said.items() if words}

    def _certificate(self, path: Path) -> tuple[tuple[Path, float], Certificate | None]:
        try:
            written_at = path.stat().st_mtime
            key = (path, written_at)
            if key not in self._read:
                pem = path.read_bytes()
                self._read[key] = Certificate(
                    path.stem.replace(_WILDCARD, "*", 1),
                    certificate_issuer(pem),
                    certificate_end(pem),
                    datetime.fromtimestamp(written_at).astimezone(),
                )
        except (FileNotFoundError, ValueError):  # gone, or half-written: Caddy is at it
            return (path, 0.0), None
        return key, self._read[key]
