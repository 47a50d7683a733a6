"""A web server on this machine that answers as badly as it is told to."""

import contextlib
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Profit rose at &lt;b&gt;Alpha&lt;/b&gt;</title><guid>1</guid>
<pubDate>Mon, 05 Jan 2015 10:00:00 GMT</pubDate></item>
<item><title>Sales fell</title><guid>2</guid><pubDate>Mon, 05 Jan 2099 10:00:00 GMT</pubDate></item>
</channel></rss>"""


class Answers(BaseHTTPRequestHandler):
    """Paths are ways to answer; what was asked is kept."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, dict[str, str]]]
    silent: threading.Event
    pages: dict[str, bytes]

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        count = sum(path == self.path for path, _ in self.asked)
        if (page := self.pages.get(self.path.removeprefix("/half"))) is not None:
            self.send(page[: len(page) // 2] if self.path.startswith("/half") else page)
            return
        getattr(self, "answer_" + self.path.strip("/").split("?")[0])(count)

    def send(self, body: bytes, code: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length > len(body):
            self.close_connection = True

    def answer_good(self, count: int) -> None:
        self.send(RSS)

    def answer_silent(self, count: int) -> None:
        self.silent.wait(5)
        self.close_connection = True

    def answer_drip(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                self.wfile.write(b"x")
                self.wfile.flush()
                if self.silent.wait(0.01):
                    break
        self.close_connection = True

    def answer_later(self, count: int) -> None:
        self.send(RSS) if count > 2 else self.send(b"", 503)

    def answer_gone(self, count: int) -> None:
        self.send(b"", 404)

    def answer_cut(self, count: int) -> None:
        self.send(RSS[:100], length=len(RSS))

    def answer_packed(self, count: int) -> None:
        self.send(gzip.compress(RSS), Content_Encoding="gzip")

    def answer_half_packed(self, count: int) -> None:
        self.send(gzip.compress(RSS)[:-12], Content_Encoding="gzip")

    def answer_bomb(self, count: int) -> None:
        self.send(gzip.compress(bytes(4 << 20)), Content_Encoding="gzip")

    def answer_noise(self, count: int) -> None:
        self.send(b"not gzip at all", Content_Encoding="gzip")

    def answer_moved(self, count: int) -> None:
        self.send(b"", 301, Location="/good")

    def answer_circle(self, count: int) -> None:
        self.send(b"", 302, Location="/circle")

    def answer_elsewhere(self, count: int) -> None:
        self.send(b"", 302, Location="file:///etc/hostname")

    def answer_tagged(self, count: int) -> None:
        if self.headers.get("If-None-Match") == '"v1"':
            self.send(b"", 304, ETag='"v1"')
        else:
            self.send(RSS, ETag='"v1"', Last_Modified="Mon, 05 Jan 2015 10:00:00 GMT")

    def answer_nonsense(self, count: int) -> None:
        self.wfile.write(b"SMTP 220 hello\r\n\r\n")
        self.close_connection = True

    def answer_growing(self, count: int) -> None:
        item = f"<item><title>Item {count}</title><guid>new{count}</guid></item></channel>".encode()
        self.send(RSS.replace(b"</channel>", item))

    def answer_lines(self, count: int) -> None:
        self.send(b'{"text": "Profit rose", "id": "a"}\n{broken\n{"text": "Sales fell", "id": "b"}\n')

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def news_server(pages: dict[str, bytes] | None = None) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Its address, and what it was asked."""
    asked: list[tuple[str, dict[str, str]]] = []
    silent = threading.Event()
    handler = type("Handler", (Answers,), {"asked": asked, "silent": silent, "pages": pages or {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        silent.set()
        server.shutdown()
        server.server_close()
        thread.join()
