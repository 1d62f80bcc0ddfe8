"""The app that tests of running projects deploy: it tells what it was given, and prints on demand."""

from typing import Final

SERVER: Final = """\
import http.server, json, os, sys, threading, urllib.parse


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/print":
            print(urllib.parse.unquote(query), flush=True)
        env = {k: v for k, v in os.environ.items() if k.startswith(("APP_", "PORT"))}
        healthy = path == os.environ.get("APP_HEALTH", path) or path != "/"
        body = json.dumps({"env": env, "host": os.uname().nodename, "argv": sys.argv}).encode()
        self.send_response(200 if healthy else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


print("listening", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Echo).serve_forever()
"""

FILES: Final = {
    "Dockerfile": 'FROM python:3.13-slim\nCOPY server.py /server.py\nCMD ["python", "/server.py"]\n',
    "server.py": SERVER,
}
