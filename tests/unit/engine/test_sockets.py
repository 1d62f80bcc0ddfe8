"""The kernel's list of sockets."""

from sotabox.engine.sockets import TcpSocket, parse_tcp

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def test_parse_tcp_reads_addresses_and_states() -> None:
    """A connection is recognised by its two ends."""
    text = (
        f"{HEAD}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1\n"
        "   1: 0100D50A:D431 0200D50A:1F90 01 00000000:00000000 00:00000000 00000000 0 0 2\n"
    )
    assert parse_tcp(text) == [
        TcpSocket(("127.0.0.1", 8080), ("0.0.0.0", 0), 0x0A),
        TcpSocket(("10.213.0.1", 54321), ("10.213.0.2", 8080), 0x01),
    ]


def test_parse_tcp6_shows_mapped_addresses_as_ipv4() -> None:
    """An app that listens on IPv6 for both kinds is found all the same."""
    text = (
        f"{HEAD}"
        " 0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A x\n"
        " 1: 0000000000000000FFFF00000100007F:0BB8 0000000000000000FFFF00000200D50A:0050 01 x\n"
        " 2: 00000000000000000000000001000000:0050 00000000000000000000000001000000:0051 01 x\n"
    )
    assert [(s.local, s.remote) for s in parse_tcp(text)] == [
        (("::", 3000), ("::", 0)),
        (("127.0.0.1", 3000), ("10.213.0.2", 80)),
        (("::1", 80), ("::1", 81)),
    ]


def test_parse_tcp_of_nothing_is_nothing() -> None:
    """A process that is gone has no sockets."""
    assert parse_tcp("") == []
