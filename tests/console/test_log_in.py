"""Logging in and out, what is refused, and what every answer carries."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from bot.models import AuditEntry, ConsoleSession, Coordinator, FailedLogin
from bot.services import log_in as log_ins
from bot.services import staff
from tests.console.conftest import EMAIL, log_in, token_on
from tests.people import PASSWORD, People

Console = Callable[[], TestClient]
Sessions = sessionmaker[Session]


def test_without_a_log_in_every_page_leads_to_the_form_and_back(
    console: Console, people: People
) -> None:
    browser = console()
    people.coordinator()
    for path in ("/meldingen", "/meldingen/1", "/bewoners", "/helpers", "/account"):
        answer = browser.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/inloggen?verder={path}"
    token = token_on(browser.get("/inloggen?verder=/bewoners"))
    form = {"email": EMAIL, "wachtwoord": PASSWORD, "csrf": token, "verder": "/bewoners"}
    assert browser.post("/inloggen", data=form).url.path == "/bewoners"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil", "/a?b"])
def test_a_log_in_never_leads_to_another_site(
    console: Console, people: People, elsewhere: str
) -> None:
    people.coordinator()
    browser = console()
    token = token_on(browser.get("/inloggen"))
    form = {"email": EMAIL, "wachtwoord": PASSWORD, "csrf": token, "verder": elsewhere}
    answer = browser.post("/inloggen", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/meldingen"


def test_the_cookie_is_out_of_reach_and_only_its_hash_is_kept(
    https: None, console: Console, people: People, sessions: Sessions
) -> None:
    people.coordinator()
    browser = TestClient(console().app, base_url="https://praatje.waterrijk.example")
    answer = log_in(browser)
    cookie = next(
        each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-praatje=")
    )
    for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert "Max-Age" not in cookie
    assert "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    with sessions() as session:
        assert token not in repr(session.execute(select(ConsoleSession.__table__)).all())
    assert browser.get("/meldingen").headers["strict-transport-security"].startswith("max-age=")


def test_on_this_machine_alone_the_cookie_goes_over_http(console: Console, people: People) -> None:
    people.coordinator()
    answer = log_in(console())
    assert "Secure" not in answer.headers["set-cookie"]
    assert "strict-transport-security" not in answer.headers


def test_every_answer_carries_the_security_headers(browser: TestClient) -> None:
    for path in ("/meldingen", "/inloggen", "/nergens", "/healthz"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_no_description_of_the_interface_is_served(browser: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert browser.get(path).status_code == 404


def test_five_failures_lock_an_account_for_a_quarter_of_an_hour(
    console: Console, people: People, sessions: Sessions
) -> None:
    people.coordinator()
    people.coordinator("ander@waterrijk.example")
    browser = console()
    for _ in range(5):
        assert log_in(browser, password="een verkeerd wachtwoord").status_code == 401
    refused = log_in(browser)
    assert refused.status_code == 429
    assert "Wacht een kwartier" in refused.text
    assert refused.headers["retry-after"] == "900"
    assert log_in(console(), "ander@waterrijk.example").status_code == 303
    with sessions.begin() as session:
        for failure in session.scalars(select(FailedLogin)):
            failure.at -= timedelta(minutes=16)
    assert log_in(browser).status_code == 303


def test_twenty_failures_from_one_address_lock_every_account(
    console: Console, people: People
) -> None:
    people.coordinator()
    browser = console()
    for number in range(20):
        assert log_in(browser, f"nummer{number}@waterrijk.example").status_code == 401
    assert log_in(browser).status_code == 429


def test_a_log_in_that_succeeds_counts_as_no_failure(
    console: Console, people: People, sessions: Sessions
) -> None:
    people.coordinator()
    for _ in range(7):
        assert log_in(console()).status_code == 303
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(FailedLogin)) == 0


def test_an_unknown_address_costs_a_hash_and_says_the_same(
    console: Console, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.coordinator()
    hashed: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            hashed.append("hash")
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            hashed.append("verify")
            return super().verify(hash, password)

    monkeypatch.setattr(staff, "hasher", Counting())
    known = log_in(console(), password="een verkeerd wachtwoord")
    unknown = log_in(console(), "niemand@waterrijk.example")
    assert hashed == ["verify", "hash"]
    said = "Het e-mailadres of het wachtwoord klopt niet."
    assert said in known.text
    assert said in unknown.text
    assert known.status_code == unknown.status_code == 401


def test_a_hash_with_old_parameters_is_made_anew_at_log_in(
    console: Console, people: People, sessions: Sessions
) -> None:
    coordinator = people.coordinator()
    old = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    with sessions.begin() as session:
        session.get_one(Coordinator, coordinator.id).password_hash = old
    assert log_in(console()).status_code == 303
    with sessions() as session:
        now_hash = session.get_one(Coordinator, coordinator.id).password_hash
    assert now_hash != old
    assert not staff.hasher.check_needs_rehash(now_hash)


def test_a_coordinator_who_left_is_out_at_once(
    browser: TestClient, console: Console, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        session.execute(update(Coordinator).values(active=False))
    assert browser.get("/meldingen", follow_redirects=False).status_code == 303
    assert log_in(console()).status_code == 401


def age(sessions: Sessions, **by: timedelta) -> None:
    """Move moments of all log-ins into the past."""
    with sessions.begin() as session:
        for row in session.scalars(select(ConsoleSession)):
            for column, length in by.items():
                setattr(row, column, getattr(row, column) - length)


@pytest.mark.parametrize(
    "by",
    [{"last_seen_at": log_ins.IDLE}, {"expires_at": log_ins.LONGEST}],
    ids=["idle", "too long"],
)
def test_a_log_in_ends_by_itself(
    browser: TestClient, sessions: Sessions, by: dict[str, timedelta]
) -> None:
    assert browser.get("/meldingen", follow_redirects=False).status_code == 200
    age(sessions, **by)
    assert browser.get("/meldingen", follow_redirects=False).status_code == 303
    live = browser.get("/meldingen/lijst", headers={"hx-request": "true"})
    assert live.status_code == 401
    assert live.headers["hx-redirect"] == "/inloggen"


def test_only_a_person_keeps_a_log_in_alive(browser: TestClient, sessions: Sessions) -> None:
    age(sessions, last_seen_at=timedelta(minutes=20))
    assert browser.get("/meldingen").status_code == 200
    for _ in range(2):
        age(sessions, last_seen_at=timedelta(minutes=14))
        assert browser.get("/meldingen/lijst").status_code == 200
    age(sessions, last_seen_at=timedelta(minutes=14))
    assert browser.get("/meldingen", follow_redirects=False).status_code == 303


def test_logging_out_ends_the_session_and_is_written_down(
    browser: TestClient, sessions: Sessions
) -> None:
    token = token_on(browser.get("/account"))
    stolen = dict(browser.cookies)
    assert "U bent uitgelogd." in browser.post("/uitloggen", data={"csrf": token}).text
    browser.cookies.update(stolen)
    assert browser.get("/meldingen", follow_redirects=False).status_code == 303
    with sessions() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["coordinator.logged_in", "coordinator.logged_out"]


def test_every_log_in_gets_a_new_session(browser: TestClient, sessions: Sessions) -> None:
    before = browser.cookies["praatje"]
    log_in(browser)
    assert browser.cookies["praatje"] != before
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(ConsoleSession)) == 1


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
def test_a_form_from_another_site_is_refused(
    browser: TestClient, sessions: Sessions, headers: dict[str, str]
) -> None:
    token = token_on(browser.get("/helpers"))
    form = {"naam": "Anja", "soort": "volunteer", "csrf": token}
    assert browser.post("/helpers", data=form, headers=headers).status_code == 403
    with sessions() as session:
        assert staff.list_helpers(session, 1) == []


@pytest.mark.parametrize("token", ["", "geraden"])
def test_a_form_without_its_token_is_refused(browser: TestClient, token: str) -> None:
    form = {"naam": "Anja", "soort": "volunteer", "csrf": token}
    refused = browser.post("/helpers", data=form)
    assert refused.status_code == 403
    assert "Dit mag niet" in refused.text


IDS = {"case_id": 1, "helper_id": 1, "resident_id": "00000000-0000-0000-0000-000000000000"}


def test_every_form_needs_a_token(browser: TestClient) -> None:
    """No POST route forgets the check."""
    described = browser.app.openapi()["paths"]
    paths = [path.format(**IDS) for path, ways in described.items() if "post" in ways]
    assert len(paths) >= 10
    for path in paths:
        assert browser.post(path, data={}).status_code == 403, path


def test_a_log_in_form_of_another_browser_is_refused(console: Console, people: People) -> None:
    people.coordinator()
    token = token_on(console().get("/inloggen"))
    browser = console()
    browser.get("/inloggen")
    form = {"email": EMAIL, "wachtwoord": PASSWORD, "csrf": token}
    assert browser.post("/inloggen", data=form).status_code == 403
