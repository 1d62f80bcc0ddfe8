"""The pieces of a Caddy document that hold our decisions, as plain values in and dicts out."""

from typing import Any, Final

from sotabox.router.files import RouterFiles

Json = dict[str, Any]

#: Names that claim to know the client, in all spellings that CGI-like servers take for the same: a
#: hyphen and an underline become one there, in whatever mixture.
_FORGEABLE: Final = (
    *("X-Forwarded-*", "X_Forwarded_*", "X-Forwarded_*", "X_Forwarded-*"),
    *("Forwarded", "X_Real_Ip", "X-Real_Ip", "X_Real-Ip"),
)


def clean_headers() -> Json:
    """Nothing that the client claims about itself goes on; Caddy then says what it saw."""
    return {
        "handler": "headers",
        "request": {
            "delete": list(_FORGEABLE),
            "set": {"X-Real-Ip": ["{http.request.remote.host}"]},
        },
        "response": {"delete": ["Server"]},
    }


def hide_server() -> Json:
    return {"handler": "headers", "response": {"delete": ["Server"]}}


def proxy(dials: list[str], *, idle_s: int, retry_s: int, stream_close_s: int) -> Json:
    """To one upstream, or to whichever of several has the least to do, as transparently as HTTP
    allows.

    Bodies are passed on as they come, event streams are flushed by themselves; compression is
    between the client and the app. An idle connection to an app is closed soon, so that the
    connections which an old version still holds are requests in flight. What is tried again (and
    reads the placeholder anew) is a failed dial, and a GET that got no answer; a POST that was
    sent is never sent twice. Apps are on this host, so that one second for a dial is plenty: with a
    longer one visitors of an app that is down would wait past `retry_s` for the page that says so.
    With several, the next try goes to whichever is then the least busy, and a shorter dial passes
    over one that is gone. None is taken out of turn for a while after a failure: a request that
    makes an app close its connection would then shut out everybody else's.
    """  # noqa: D205
    several = len(dials) > 1
    policy: Json = {"selection_policy": {"policy": "least_conn"}} if several else {}
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": dial} for dial in dials],
        "transport": {
            "protocol": "http",
            "compression": False,
            "dial_timeout": "250ms" if several else "1s",
            "keep_alive": {"idle_timeout": f"{idle_s}s"},
        },
        "load_balancing": {**policy, "try_duration": f"{retry_s}s", "try_interval": "50ms"},
        "stream_close_delay": f"{stream_close_s}s",
    }


def redirect(hosts: list[str], https_port: int) -> Json:
    """To the same address, but HTTPS."""
    port = "" if https_port == 443 else f":{https_port}"
    return redirect_to(hosts, f"https://{{http.request.host}}{port}")


def redirect_to(hosts: list[str], origin: str) -> Json:
    """To the same path and query of another origin."""
    location = f"{origin}{{http.request.uri}}"
    return {
        "match": [{"host": hosts}],
        "handle": [
            {
                "handler": "static_response",
                "status_code": 308,  # a POST stays a POST
                "headers": {"Location": [location], "Cache-Control": ["no-store"]},
            }
        ],
        "terminal": True,
    }


def admin_endpoint(files: RouterFiles) -> Json:
    # The file that we keep is the only copy: no autosave beside it.
    return {"listen": f"unix/{files.admin_socket}", "config": {"persist": False}}


def storage(files: RouterFiles) -> Json:
    return {"module": "file_system", "root": str(files.storage)}


def log(files: RouterFiles) -> Json:
    writer = {
        "output": "file",
        "filename": str(files.log),
        "mode": "0600",
        "roll_size_mb": 10,
        "roll_keep": 2,
    }
    return {"logs": {"default": {"level": "INFO", "writer": writer}}}
