"""The parts of a Caddy document that decide about certificates, as plain values in and dicts out."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

Json = dict[str, Any]


def automation(issuer: Json, *, managed: Sequence[str], on_demand: bool, ask_url: str) -> Json:
    """Who gets certificates: what is managed at once, all else in a handshake that `ask_url` allows.

    Managed ones are kept and renewed by Caddy alone. The others need an answer of the control plane,
    even after a restart and with the certificate on disk (2.11: Caddy asks before it looks).
    """
    if not on_demand:
        return {"automation": {"policies": [{"issuers": [issuer]}]}}
    return {
        "automation": {
            "on_demand": {"permission": {"module": "http", "endpoint": ask_url}},
            "policies": [
                {"subjects": list(managed), "issuers": [issuer]},
                {"on_demand": True, "issuers": [issuer]},
            ],
        }
    }


def connection_policies(domain: str, custom: Sequence[str]) -> list[Json]:
    """Whose handshakes are taken: those for names of the box and custom ones.

    Without this a name that was removed would go on with the certificate in Caddy's memory, and any
    name could make it ask. A box that is a bare address is asked without a name (RFC 6066, 3).
    """
    if is_address(domain):
        return [{}]
    return [{"match": {"sni": [domain, f"*.{domain}", *custom]}}]


def is_address(domain: str) -> bool:
    """Whether a box has no name, so that clients say none in their handshake."""
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True
