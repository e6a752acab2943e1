"""A sandbox in this process, and the real python-telegram-bot against it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from sandbox.app import Settings
from sandbox.client import SandboxClient
from sandbox.testing import running_sandbox


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[Callable[..., SandboxClient]]:
    """Start a sandbox, perhaps with other settings."""
    with ExitStack() as stack:

        def start(**settings: object) -> SandboxClient:
            usual = {
                "clock_file": tmp_path / "clock",
                "clock_allowed": True,
                "webhook_retry": 0.01,
            }
            return stack.enter_context(running_sandbox(Settings(**{**usual, **settings})))

        yield start


@pytest.fixture
def client(start_sandbox: Callable[..., SandboxClient]) -> SandboxClient:
    return start_sandbox()


@pytest.fixture
def make_bot(client: SandboxClient) -> Callable[..., Bot]:
    """The library's own Bot, pointed at the sandbox as production is at Telegram."""

    def make(*, token: str = "1:sandbox", read_timeout: float = 5) -> Bot:
        def request() -> HTTPXRequest:
            return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"trust_env": False})

        return Bot(
            token,
            base_url=client.bot_base_url,
            base_file_url=client.bot_file_url,
            request=request(),
            get_updates_request=request(),
        )

    return make
