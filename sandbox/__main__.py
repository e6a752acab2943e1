"""`python -m sandbox`: start the stand-in for Telegram on this machine."""

import argparse
import os
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.app import DEFAULT_TOKEN, Settings, create_app
from sandbox.persistence import StateFileError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; the environment gives the defaults."""
    env = os.environ
    parser = argparse.ArgumentParser(
        prog="sandbox", description="A local stand-in for Telegram, with a page to chat."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="loopback only")
    add("--port", type=int, default=8081)
    add("--token", default=env.get("TELEGRAM_TOKEN") or DEFAULT_TOKEN, help="env TELEGRAM_TOKEN")
    add("--state", type=Path, help="file that keeps people and chats across restarts")
    add(
        "--clock-file",
        type=Path,
        default=env.get("SANDBOX_CLOCK_FILE") or None,
        help="file with the offset of the test clock; env SANDBOX_CLOCK_FILE",
    )
    add("--app-url", default=env.get("SANDBOX_APP_URL"), help="Praatje; env SANDBOX_APP_URL")
    add("--console-url", help="address of the console, linked from the page")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run until stopped; one clear line and exit code 1 when that is impossible."""
    options = parse(arguments)
    if options.host not in LOOPBACK:
        sys.exit(f"sandbox: --host {options.host} is not this machine; use 127.0.0.1")
    try:
        app = create_app(_settings(options))
        listening = _listen(options.host, options.port)
    except (StateFileError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    except OSError as error:
        sys.exit(f"sandbox: cannot listen on {options.host}:{options.port}: {error.strerror}")
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    sys.stderr.write(f"sandbox: http://{options.host}:{options.port}/\n")
    uvicorn.Server(config).run(sockets=[listening])


def _settings(options: argparse.Namespace) -> Settings:
    clock_file: Path | None = Path(options.clock_file) if options.clock_file else None
    return Settings(
        token=options.token,
        clock_file=clock_file,
        clock_allowed=os.environ.get("SANDBOX", "").lower() == "true",
        state_file=options.state,
        app_url=options.app_url,
        console_url=options.console_url,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(1024)
    return listening


if __name__ == "__main__":
    main()
