"""A sandbox inside a test or bench: in this process, on a free port, stopped at the end."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from sandbox.app import Settings, create_app
from sandbox.client import SandboxClient


class Server:
    """Any ASGI application on a free loopback port, in a thread."""

    def __init__(self, app: ASGIApp) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def start(self) -> "Server":
        """Answers when it listens; RuntimeError when that takes more than ten seconds."""
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stop and wait; a second time does nothing."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


@contextmanager
def running_sandbox(settings: Settings | None = None) -> Iterator[SandboxClient]:
    """A fresh sandbox for the length of the block."""
    server = Server(create_app(settings)).start()
    client = SandboxClient(server.url)
    try:
        yield client
    finally:
        client.close()
        server.stop()
