"""A stand-in for a language model's server, on loopback."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StubServer:
    """Answers POST as told and keeps what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.location = ""
        self.delay_s = 0.0
        self.drip_s = 0.0
        self.asked: list[tuple[str, dict]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                stub.asked.append((self.path, json.loads(self.rfile.read(length))))
                time.sleep(stub.delay_s)
                try:
                    self.send_response(stub.status)
                    if stub.location:
                        self.send_header("Location", stub.location)
                    self.end_headers()
                    for byte in stub.body if stub.drip_s else [stub.body]:
                        self.wfile.write(bytes([byte]) if stub.drip_s else byte)
                        self.wfile.flush()
                        time.sleep(stub.drip_s)
                except OSError:
                    pass  # the client has gone, as it should

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def says(self, text: str) -> None:
        self.body = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
