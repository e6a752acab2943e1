"""A console on a fresh database, a browser that is logged in, and cases to look at."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy.orm import Session, sessionmaker

from bot.console.app import create_app
from bot.models import Case, CaseReason, Direction, Message, MessageFinding, Resident
from bot.services import cases, staff
from bot.settings import get_settings
from bot.understanding.labels import Level
from tests.people import PASSWORD, People

EMAIL = "joke@waterrijk.example"


def token_on(page: Response) -> str:
    """The token in the forms of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def log_in(browser: TestClient, email: str = EMAIL, password: str = PASSWORD) -> Response:
    """Fill in and send the form to log in."""
    token = token_on(browser.get("/inloggen"))
    form = {"email": email, "wachtwoord": password, "csrf": token}
    return browser.post("/inloggen", data=form, follow_redirects=False)


@pytest.fixture
def console(sessions: sessionmaker[Session]) -> Callable[[], TestClient]:
    """Makes browsers that know nothing of each other, on one console."""
    get_settings.cache_clear()
    app = create_app(sessions)
    return lambda: TestClient(app)


@pytest.fixture
def browser(console: Callable[[], TestClient], people: People) -> TestClient:
    """A browser in which Joke Visser of Waterrijk is logged in."""
    people.coordinator(EMAIL)
    made = console()
    assert log_in(made).status_code == 303
    return made


Found = tuple[str, int, int, str]


@pytest.fixture
def make_case(sessions: sessionmaker[Session], now: datetime) -> Callable[..., Case]:
    """Opens a case on a message; `found` are signal, start, end and rule."""

    def make(
        resident: Resident,
        text: str = "ik wil niet meer leven",
        *,
        found: Sequence[Found] = (),
        level: Level = Level.CRISIS,
        opened: timedelta = timedelta(minutes=-12),
        reason: CaseReason = CaseReason.SIGNALS,
    ) -> Case:
        with sessions.begin() as session:
            message = Message(
                chat_id=resident.chat_id,
                direction=Direction.IN,
                text=text,
                created_at=now + opened,
                findings=[
                    MessageFinding(signal=signal, start=start, end=end, by=by, score=1.0)
                    for signal, start, end, by in found
                ],
            )
            session.add(message)
            session.flush()
            return cases.open_or_raise(
                session,
                session.get_one(Resident, resident.id),
                level=level,
                reason=reason,
                message_ids=[message.id],
                now=now + opened,
            )

    return make


@pytest.fixture
def riet(people: People) -> Resident:
    return people.resident(1, "Riet Bakker")


@pytest.fixture
def case(make_case: Callable[..., Case], riet: Resident) -> Case:
    return make_case(riet, found=[("suicide", 3, 22, "rule:suicide.wish")])


def send(browser: TestClient, case: Case, step: str, **form: str) -> Response:
    """Send a form of the case page and follow where it leads."""
    token = token_on(browser.get(f"/meldingen/{case.id}"))
    return browser.post(f"/meldingen/{case.id}/{step}", data={"csrf": token, **form})


def stored(sessions: sessionmaker[Session], case: Case) -> Case:
    with sessions() as session:
        return session.get_one(Case, case.id)


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are made at `now`; log-ins keep to real time."""
    monkeypatch.setattr("bot.clock.now", lambda: now)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id that takes a millisecond: what is tested here is not how slow it is."""
    monkeypatch.setattr(staff, "hasher", PasswordHasher(time_cost=1, memory_cost=64))


@pytest.fixture
def https(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation that stands on the internet."""
    monkeypatch.setenv("CONSOLE_URL", "https://praatje.waterrijk.example")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
