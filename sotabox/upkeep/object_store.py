"""An S3-compatible store for backups: what is put there comes in parts, so that memory is bounded.

Blocks: for a thread or a process of its own. Names are below the store's prefix.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO, Final
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import httpx

from sotabox.errors import Invalid, NotFound, SotaboxError, Unavailable
from sotabox.upkeep.bundle import Pulse
from sotabox.upkeep.sigv4 import Credentials, render_query, sign_request

#: Kept in memory, one at a time. A store takes 10,000 parts, of at least 5 MB.
PART_BYTES: Final = 16_000_000
_PAGE: Final = 1000  # names, of one answer: the most that stores give
_CHUNK_BYTES: Final = 256 * 1024
_TRIES: Final = 4
_PAUSE_S: Final = 0.5
_TIMEOUT: Final = httpx.Timeout(60, connect=10)
#: For one who waits at a screen.
_HASTY: Final = httpx.Timeout(4, connect=3)
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a store has under a name; `stored_at` is None where the store does not tell."""

    name: str
    size_bytes: int
    stored_at: datetime | None


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A folder of a bucket. Close it after use.

    Attributes:
        endpoint: URL of the store; prefix: without slashes at its ends, may be empty.
        pulse: called between chunks; may raise to end the work.
    """

    endpoint: str
    bucket: str
    prefix: str
    credentials: Credentials
    pulse: Pulse = lambda: None
    part_bytes: int = PART_BYTES
    page: int = _PAGE
    tries: int = _TRIES
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
    )

    def hasty(self) -> "ObjectStore":
        """The same store, given up soon where it does not answer. Close that as well."""
        client = httpx.Client(timeout=_HASTY, follow_redirects=False)
        return replace(self, tries=1, _client=client)

    def close(self) -> None:
        """Ends its connections."""
        self._client.close()

    def put(self, name: str, source: BinaryIO) -> None:
        """Stores a file under a name; it is there once all of it is. A kill leaves parts only.

        Raises:
            NotFound: there is no such bucket.
            Invalid: the store refuses us.
            Unavailable: it can't be reached, or fails.
        """
        begun = self._call("POST", name, {"uploads": ""})
        upload = _text(begun, "UploadId")
        try:
            tags: list[str] = []
            while part := source.read(self.part_bytes):
                self.pulse()
                query = {"partNumber": str(len(tags) + 1), "uploadId": upload}
                tags.append(self._call("PUT", name, query, part).headers["etag"])
            done = self._call("POST", name, {"uploadId": upload}, _completion(tags))
            _text(done, "ETag")  # a failure may come with the status 200
        except BaseException:
            with suppress(SotaboxError):  # else the next backup clears them
                self._call("DELETE", name, {"uploadId": upload})
            raise

    def get(self, name: str, target: BinaryIO) -> None:
        """Writes what a name stands for into a file.

        Raises:
            NotFound: there is no such name.
            Invalid, Unavailable: as of `put`.
        """
        path, headers = self._signed("GET", name, {}, b"")
        try:
            with self._client.stream("GET", f"{self._origin}{path}", headers=headers) as answer:
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    raise self._refusal(answer, name)
                for chunk in answer.iter_raw(_CHUNK_BYTES):
                    self.pulse()
                    target.write(chunk)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def names(self) -> list[str]:
        """The names of all that is there, sorted."""
        return sorted(file.name for file in self.files())

    def files(self) -> Iterator[StoredFile]:
        """All that is there, as the store lists it; `pulse` is called between its answers."""
        query = {"list-type": "2", "max-keys": str(self.page), "prefix": self._folder}
        while True:
            self.pulse()
            found = _tree(self._call("GET", "", query))
            for element in found.iter():
                if _tag(element) == "Contents":
                    yield self._stored({_tag(child): child.text or "" for child in element})
            token = next((e.text for e in found.iter() if _tag(e) == "NextContinuationToken"), None)
            if token is None:
                return
            query["continuation-token"] = token

    def delete(self, name: str) -> None:
        """Makes a name stand for nothing; fine where it does already."""
        self._call("DELETE", name, {})

    def clear_parts(self) -> None:
        """Drops what uploads that were killed left; the caller knows that none is under way."""
        found = self._call("GET", "", {"uploads": "", "prefix": self._folder})
        for upload in _tree(found).iter():
            if _tag(upload) == "Upload":
                fields = {_tag(child): child.text or "" for child in upload}
                name = fields["Key"].removeprefix(self._folder)
                self._call("DELETE", name, {"uploadId": fields["UploadId"]})

    def _stored(self, fields: Mapping[str, str]) -> StoredFile:
        size, moment = fields.get("Size", ""), None
        with suppress(ValueError):
            moment = datetime.fromisoformat(fields.get("LastModified", ""))
        name = fields.get("Key", "").removeprefix(self._folder)
        return StoredFile(name, int(size) if size.isdecimal() else 0, moment)

    @property
    def _folder(self) -> str:
        return f"{self.prefix}/" if self.prefix else ""

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    def _signed(
        self, method: str, name: str, query: Mapping[str, str], body: bytes
    ) -> tuple[str, dict[str, str]]:
        """Where a request goes, and with which headers."""
        parts = urlsplit(self.endpoint)
        key = quote(f"{self._folder}{name}" if name else "", safe="/-_.~")
        path = f"{parts.path.rstrip('/')}/{self.bucket}" + (f"/{key}" if key else "")
        digest = hashlib.sha256(body).hexdigest()
        headers = sign_request(
            method,
            path,
            query,
            {"host": parts.netloc},
            digest,
            credentials=self.credentials,
            now=datetime.now(UTC),
        )
        return (f"{path}?{render_query(query)}" if query else path), headers

    def _call(
        self, method: str, name: str, query: Mapping[str, str], body: bytes = b""
    ) -> httpx.Response:
        """An answer that says yes; asked again where the store stumbles."""
        problem: SotaboxError | None = None
        for attempt in range(self.tries):
            if attempt:
                self.pulse()
                time.sleep(_PAUSE_S * 2**attempt)
            path, headers = self._signed(method, name, query, body)
            try:
                answer = self._client.request(
                    method, f"{self._origin}{path}", headers=headers, content=body
                )
            except httpx.HTTPError as error:
                problem = self._unreachable(error)
                continue
            if answer.is_success:
                return answer
            problem = self._refusal(answer, name)
            if not isinstance(problem, Unavailable):
                break
        raise problem or Unavailable(f"{self.endpoint} gives no answer")

    def _unreachable(self, error: httpx.HTTPError) -> SotaboxError:
        return Unavailable(f"The store {self.endpoint} can't be reached: {error!r}")

    def _refusal(self, answer: httpx.Response, name: str) -> SotaboxError:
        said = f"{answer.status_code} {' '.join(answer.text.split())[:_SHOWN]}"
        if answer.status_code == httpx.codes.NOT_FOUND:
            return NotFound(f"There is no {name or self.bucket} in the store: {said}")
        if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return Unavailable(f"The store {self.endpoint} fails: {said}")
        return Invalid(
            f"The store {self.endpoint} refuses this: {said}",
            hint="Look at SOTABOX_BACKUP_STORE and the settings beside it.",
        )


def _completion(tags: list[str]) -> bytes:
    root = ET.Element("CompleteMultipartUpload")
    for number, tag in enumerate(tags, start=1):
        part = ET.SubElement(root, "Part")
        ET.SubElement(part, "PartNumber").text = str(number)
        ET.SubElement(part, "ETag").text = tag
    return ET.tostring(root)


def _tree(answer: httpx.Response) -> ET.Element:
    try:
        return ET.fromstring(answer.content)  # noqa: S314  of the store that we trust with all
    except ET.ParseError as error:
        raise Unavailable(f"The store answers with something that is not XML: {error}") from error


def _text(answer: httpx.Response, name: str) -> str:
    found = next((element.text for element in _tree(answer).iter() if _tag(element) == name), None)
    if not found:
        raise Unavailable(f"The store fails: {' '.join(answer.text.split())[:_SHOWN]}")
    return found


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
