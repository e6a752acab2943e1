"""Residents, helpers and the coordinator's own page: lists, forms, and links shown once."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Chat, Coordinator, Helper, Invitation, Resident, ResidentStatus, Schedule
from bot.services import messages, residents
from bot.settings import get_settings
from tests.console.conftest import token_on
from tests.people import People

Sessions = sessionmaker[Session]
NEW = {"naam": "Gerda Postma", "telefoon": "", "aanspreekvorm": "je", "dagen": ["1", "4"]}


@pytest.fixture(autouse=True)
def _bot_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TELEGRAM_BOT_USERNAME", "praatje_bot")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def link_on(text: str) -> str | None:
    found = re.search(r'id="link"[^>]*value="([^"]+)"', text)
    return found[1] if found else None


def fill(browser: TestClient, path: str, form: dict[str, object]) -> object:
    return browser.post(path, data={"csrf": token_on(browser.get(path)), **form})


def test_t1_a_new_resident_gets_a_link_that_is_shown_once(
    browser: TestClient, sessions: Sessions, now: datetime
) -> None:
    page = fill(browser, "/bewoners", NEW)
    link = link_on(page.text)
    assert link
    assert link.startswith("https://t.me/praatje_bot?start=")
    assert link.partition("=")[2] not in str(page.url)
    assert link_on(browser.get(page.url.path).text) is None
    with sessions.begin() as session:
        resident = session.scalars(select(Resident)).one()
        assert (resident.name, resident.address_form, resident.phone) == (
            "Gerda Postma",
            "je",
            None,
        )
        assert session.scalars(select(Schedule.weekdays)).one() == [1, 4]
        chat = messages.chat_of(session, 7, now)
        invitation = residents.use_invitation(session, chat, link.partition("=")[2], now)
        assert invitation is not None
        assert invitation.resident_id == resident.id


def test_in_the_sandbox_the_link_opens_its_page(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX", "true")
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:9999/")
    get_settings.cache_clear()
    link = link_on(fill(browser, "/bewoners", NEW).text)
    assert link
    assert link.startswith("http://127.0.0.1:9999/?start=")


def test_without_the_name_of_the_bot_the_page_says_what_is_missing(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_USERNAME", "")
    get_settings.cache_clear()
    assert "TELEGRAM_BOT_USERNAME" in fill(browser, "/bewoners", NEW).text


def test_a_link_is_shown_on_its_own_page_only(browser: TestClient, people: People) -> None:
    other, _ = people.invited("Cor Jansen")
    form = {"csrf": token_on(browser.get("/bewoners")), **NEW}
    browser.post("/bewoners", data=form, follow_redirects=False)
    assert link_on(browser.get(f"/bewoners/{other.id}").text) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"naam": "  "}, "Vul een naam in."),
        ({"telefoon": "geen"}, "Dit lijkt geen telefoonnummer."),
        ({"dagen": []}, "Kies ten minste één dag."),
        ({"dagen": ["9", "x"]}, "Kies ten minste één dag."),
        ({"aanspreekvorm": "jij"}, "Kies u of je."),
    ],
)
def test_what_is_wrong_stands_next_to_its_field_and_the_rest_is_kept(
    browser: TestClient, sessions: Sessions, wrong: dict[str, object], said: str
) -> None:
    page = fill(browser, "/bewoners", {**NEW, "telefoon": "06 12345678", **wrong})
    assert page.status_code == 400
    assert said in page.text
    assert "<title>Fout: Bewoners" in page.text
    assert ("Gerda Postma" in page.text) == ("naam" not in wrong)
    with sessions() as session:
        assert session.scalars(select(Resident)).all() == []


def test_t2_an_unused_link_shows_with_the_days_it_stands_open(
    browser: TestClient, people: People, sessions: Sessions, now: datetime
) -> None:
    resident, _ = people.invited("Cor Jansen")
    with sessions.begin() as session:
        session.scalars(select(Invitation)).one().created_at = now - timedelta(days=6)
    page = re.sub(r"\s+", " ", browser.get("/bewoners").text)
    assert "Uitgenodigd" in page
    assert "nog niet bereikbaar: link gemaakt 6 dagen geleden" in page
    again = fill_link(browser, f"/bewoners/{resident.id}")
    assert link_on(again)


def fill_link(browser: TestClient, path: str) -> str:
    token = token_on(browser.get(path))
    return browser.post(f"{path}/link", data={"csrf": token}).text


@pytest.mark.parametrize("status", list(ResidentStatus))
def test_every_status_shows_in_dutch(
    browser: TestClient, people: People, sessions: Sessions, now: datetime, status: ResidentStatus
) -> None:
    resident = people.resident(1, now=now)
    with sessions.begin() as session:
        stored = session.get_one(Resident, resident.id)
        stored.status, stored.paused_until = status, now + timedelta(days=9)
    for path in ("/bewoners", f"/bewoners/{resident.id}"):
        page = browser.get(path).text
        assert '"status status--' in page
        assert ("morgen 10:00" in page) == (status == ResidentStatus.ACTIVE)
    assert ("do 3 december" in page) == (status == ResidentStatus.PAUSED)


def test_t3_a_block_shows_and_a_new_link_can_be_made(
    browser: TestClient, people: People, sessions: Sessions, now: datetime
) -> None:
    resident = people.resident(1)
    with sessions.begin() as session:
        session.get_one(Chat, resident.chat_id).blocked_at = now
    assert "Geblokkeerd" in browser.get("/bewoners").text
    assert link_on(fill_link(browser, f"/bewoners/{resident.id}"))


def test_c8_the_card_tells_how_it_goes(
    browser: TestClient, people: People, make_case: Callable[..., object], now: datetime
) -> None:
    resident = people.resident(1, now=now)
    make_case(resident)
    page = browser.get(f"/bewoners/{resident.id}").text
    for said in ("elke dag", "morgen 10:00", "06 12345678", "ja, vandaag 10:00", "acuut gevaar"):
        assert said in page
    assert "ik wil niet meer leven" not in page


def test_empty_lists_say_how_to_begin(browser: TestClient) -> None:
    assert "Er doet nog niemand mee" in browser.get("/bewoners").text
    assert "Er is nog niemand om te vragen" in browser.get("/helpers").text


def test_a_new_helper_gets_a_link_that_is_shown_once(
    browser: TestClient, sessions: Sessions
) -> None:
    page = fill(browser, "/helpers", {"naam": "Anja de Wit", "soort": "professional"})
    assert link_on(page.text)
    assert "Nog niet gekoppeld" in page.text
    assert link_on(browser.get(page.url.path).text) is None
    with sessions() as session:
        assert session.scalars(select(Helper.kind)).one() == "professional"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"naam": "", "soort": "volunteer"}, "Vul een naam in."),
        ({"naam": "Anja", "soort": ""}, "Kies vrijwilliger of professional."),
        ({"naam": "Anja", "soort": "volunteer", "telefoon": "?"}, "geen telefoonnummer"),
    ],
)
def test_a_helper_without_what_is_needed_is_not_kept(
    browser: TestClient, sessions: Sessions, form: dict[str, object], said: str
) -> None:
    page = fill(browser, "/helpers", form)
    assert page.status_code == 400
    assert said in page.text
    with sessions() as session:
        assert session.scalars(select(Helper)).all() == []


def test_p7_the_list_of_helpers_tells_what_each_has_in_hand(
    browser: TestClient, people: People, make_case: Callable[..., object]
) -> None:
    helper = people.helper(5)
    people.helper(6, "Bert Smit")
    for number in (1, 2):
        case = make_case(people.resident(number, f"P{number}"))
        path = f"/meldingen/{case.id}"
        form = {"csrf": token_on(browser.get(path)), "helper": str(helper.id)}
        browser.post(f"{path}/vragen", data=form)
    page = re.sub(r"\s+|<[^>]+>", " ", browser.get("/helpers").text)
    assert re.search(r"Anja de Wit.*?Lopend\s+2\b", page)
    assert re.search(r"Bert Smit.*?Lopend\s+0\b", page)


def test_a_coordinator_links_telegram(browser: TestClient, sessions: Sessions) -> None:
    page = browser.get("/account").text
    assert "joke@waterrijk.example" in page
    assert "Nog niet gekoppeld" in page
    assert link_on(fill_link(browser, "/account"))
    assert link_on(browser.get("/account").text) is None
    with sessions() as session:
        joke = session.scalars(select(Coordinator)).one()
        assert session.scalars(select(Invitation.coordinator_id)).one() == joke.id
