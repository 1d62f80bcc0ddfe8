"""A name server for tests: real DNS over UDP, of names that a test sets and changes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType

_ALIASES_MAX = 8


@dataclass
class NameServer:
    """Answers from `records`: by name, lists of (type, value); `*.` stands for any label.

    `broken` names are answered with SERVFAIL; those in `silent` not at all.
    """

    port: int
    records: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, query: dns.message.QueryMessage) -> dns.message.Message | None:
        """The response to a query; None where there is to be none."""
        question = query.question[0]
        name = str(question.name).removesuffix(".").lower()
        self.asked.append(name)
        response = dns.message.make_response(query, recursion_available=True)
        if name in self.silent:
            return None
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        for _ in range(_ALIASES_MAX):
            found = self._find(name)
            if found is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
                break
            alias = [value for kind, value in found if kind == "CNAME"]
            kind = "CNAME" if alias else RdataType.to_text(question.rdtype)
            values = [f"{value}." if alias else value for of, value in found if of == kind]
            if values:
                response.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", kind, *values))
            if not alias:
                break
            name = alias[0]
        return response

    def _find(self, name: str) -> list[tuple[str, str]] | None:
        return self.records.get(name) or self.records.get("*." + name.partition(".")[2])


@contextmanager
def name_server(bound: socket.socket) -> Iterator[NameServer]:
    """A name server on a bound UDP socket, which is closed with it."""
    server = NameServer(bound.getsockname()[1])
    thread = Thread(target=_serve, args=(bound, server), name="name server")
    thread.start()
    try:
        yield server
    finally:
        bound.sendto(b"", bound.getsockname())  # the end; from itself, whatever network it is in
        thread.join(10)
        bound.close()


def _serve(bound: socket.socket, server: NameServer) -> None:
    while True:
        data, peer = bound.recvfrom(65_535)
        if not data:
            return
        query = dns.message.from_wire(data)
        assert isinstance(query, dns.message.QueryMessage)
        if response := server.answer(query):
            bound.sendto(response.to_wire(), peer)
