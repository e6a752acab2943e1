"""`praatje demo`: made-up people and a stand-in for Telegram, on this machine only.

The first start fills a database of its own; later starts go on where the newcomer left it.
"""

import os
import sys
from collections.abc import Callable

from bot import clock
from bot.db import make_sessions
from bot.demo import cast, phones, play, tour
from bot.demo.place import BOT_USERNAME, TOKEN, Place
from bot.settings import get_settings
from bot.supervisor import Supervisor

Say = Callable[[str], None]


def run_demo(say: Say, *, fresh: bool) -> None:
    """Run the demo until told to stop. Raises ConfigurationError."""
    place = Place.of(os.environ)
    with place.alone():
        if fresh or not place.is_ready:
            # What an earlier start did not finish is thrown away, so that this one starts clean.
            place.throw_away()
        os.environ.update(place.settings())
        get_settings.cache_clear()
        clock.follow(place.clock_file)
        _supervise(place, say)


def _supervise(place: Place, say: Say) -> None:
    supervisor = Supervisor(get_settings(), say)
    try:
        supervisor.prepare_database()
        url = supervisor.environment["DATABASE_URL"]
        players = cast.load()
        _fill(place, url, players, say)
        supervisor.add(
            "sandbox",
            [
                sys.executable, "-m", "sandbox",
                "--port", str(place.sandbox_port),
                "--state", str(place.phones),
                "--app-url", place.console_url,
                "--console-url", place.console_url,
            ],
            f"{place.sandbox_url}/control/health",
        )  # fmt: skip
        supervisor.add_all()
        supervisor.start()
        say(_tour(place, url, players))
        supervisor.watch()
    finally:
        supervisor.stop()


def _fill(place: Place, url: str, players: cast.Cast, say: Say) -> None:
    """Play the past, if it was not played before, and hand out the telephones."""
    sessions = make_sessions(url)
    with sessions.begin() as session:
        if not play.is_played(session, players):
            say("Making up residents, helpers and weeks of check-ins")
            play.play(session, players, clock.now())
    if not place.phones.exists():
        with sessions() as session:
            phones.write(place.phones, session, players, TOKEN, BOT_USERNAME)
    place.mark_ready()
    sessions.kw["bind"].dispose()


def _tour(place: Place, url: str, players: cast.Cast) -> str:
    sessions = make_sessions(url)
    with sessions.begin() as session:
        text = tour.write(session, players, place, clock.now())
    sessions.kw["bind"].dispose()
    return text
