"""The list of cases: its order, what it tells, and whose it is."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Case, Outcome, Verdict
from bot.services import cases
from bot.understanding.labels import Level
from tests.console.conftest import log_in
from tests.people import People

MakeCase = Callable[..., Case]
Sessions = sessionmaker[Session]


def names_on(text: str) -> list[str]:
    return re.findall(r'class="case__link"[^>]*>([^<]+)<', text)


def test_c1_fifty_cases_stand_by_level_then_deadline_then_age(
    browser: TestClient, people: People, make_case: MakeCase, sessions: Sessions, now: datetime
) -> None:
    order = [
        (level, deadline, opened)
        for level in (Level.CRISIS, Level.URGENT, Level.CONCERN, Level.NONE)
        for deadline in (-60, 5, 30, 90)
        for opened in (200, 100, 10, 5)
    ][:50]
    names = [f"Bewoner {place:02}" for place in range(50)]
    places = list(range(50))
    random.Random(4).shuffle(places)
    for place in places:
        level, deadline, opened = order[place]
        resident = people.resident(100 + place, names[place], now=now - timedelta(days=1))
        case = make_case(resident, level=level, opened=timedelta(minutes=-opened))
        with sessions.begin() as session:
            due = now + timedelta(minutes=deadline)
            session.execute(update(Case).where(Case.id == case.id).values(deadline_at=due))
    seen = [
        name for page in (1, 2) for name in names_on(browser.get(f"/meldingen?pagina={page}").text)
    ]
    assert seen == names
    first = browser.get("/meldingen").text
    assert "<title>(50) Meldingen – Praatje</title>" in first
    assert "14 te laat" in first
    assert "Bladzijde 1 van 2" in first


def test_r9_the_level_sets_the_deadline(
    browser: TestClient, people: People, make_case: MakeCase
) -> None:
    just_now = timedelta(0)
    for number, level in enumerate(Level):
        make_case(people.resident(number, f"P{number}"), level=level, opened=just_now)
    text = re.sub(r"\s+", " ", browser.get("/meldingen").text)
    said = re.findall(r'<p class="due"><time[^>]*>([^<]+)<', text)
    assert said == ["nog 15 minuten", "nog 2 uur", "nog 24 uur", "nog 7 dagen"]


def test_a_case_tells_level_reason_signals_age_and_who_has_it(
    browser: TestClient, people: People, make_case: MakeCase
) -> None:
    resident = people.resident(1, "Riet <Bakker>")
    make_case(resident, found=[("suicide", 3, 22, "rule:suicide.wish")])
    text = browser.get("/meldingen").text
    assert "Riet &lt;Bakker&gt;" in text
    for said in (
        "Acuut gevaar",
        "Zorgelijk bericht",
        "gedachten aan zelfmoord",
        "12 minuten geleden",
        "nog 3 minuten",
        "Nog bij niemand",
        "Nog niet bekeken",
    ):
        assert said in text
    assert "ik wil niet meer leven" not in text


def test_c2_what_somebody_read_is_no_longer_new_until_it_rises(
    browser: TestClient, people: People, make_case: MakeCase
) -> None:
    resident = people.resident(1)
    case = make_case(resident, level=Level.CONCERN, opened=timedelta(minutes=-60))
    assert "Nog niet bekeken" in browser.get("/meldingen").text
    browser.get(f"/meldingen/{case.id}")
    assert "Nog niet bekeken" not in browser.get("/meldingen").text
    make_case(resident, level=Level.CRISIS, opened=timedelta(minutes=1))
    assert "Nog niet bekeken" in browser.get("/meldingen").text


def test_empty_lists_say_what_comes_there(browser: TestClient) -> None:
    assert "Er staat niets open" in browser.get("/meldingen").text
    assert "Nog niets afgesloten" in browser.get("/meldingen?afgesloten=true").text
    assert "Op deze bladzijde staat niets meer" in browser.get("/meldingen?pagina=9").text


def test_r10_closed_cases_show_verdicts_and_figures(
    browser: TestClient, people: People, make_case: MakeCase, sessions: Sessions, now: datetime
) -> None:
    """Also R9: the median wait per level, most urgent first."""
    joke = people.coordinator("leidster@waterrijk.example")
    for number, (level, verdict) in enumerate(
        [
            (Level.CONCERN, Verdict.WRONG),
            (Level.CRISIS, Verdict.RIGHT),
            (Level.CRISIS, Verdict.TOO_LOW),
        ]
    ):
        case = make_case(people.resident(number), level=level, opened=timedelta(minutes=-30))
        with sessions.begin() as session:
            cases.close(session, joke, session.get_one(Case, case.id), Outcome.SPOKEN, verdict, now)
    text = re.sub(r"<[^>]+>|\s+", " ", browser.get("/meldingen?afgesloten=true").text)
    text = re.sub(r" +", " ", text)
    assert "Acuut gevaar 2 afgesloten meldingen. Meestal bekeken binnen 30 minuten" in text
    assert "Terecht: 1, Onterecht: 0, Te laag: 1" in text
    assert "Terecht: 0, Onterecht: 1, Te laag: 0" in text
    assert text.index("Acuut gevaar 2") < text.index("Onterecht: 1")


PATHS = (
    "/meldingen",
    "/meldingen?afgesloten=true",
    "/meldingen/lijst",
    "/meldingen/{case}",
    "/meldingen/{case}/stand",
    "/bewoners",
    "/bewoners/{resident}",
    "/helpers",
    "/helpers/{helper}",
    "/account",
)
POSTS = (
    "/meldingen/{case}/vragen",
    "/meldingen/{case}/terugnemen",
    "/meldingen/{case}/notitie",
    "/meldingen/{case}/afsluiten",
    "/bewoners/{resident}/link",
    "/helpers/{helper}/link",
)


def test_c5_g4_another_municipality_gets_not_one_byte(
    browser: TestClient,
    console: Callable[[], TestClient],
    people: People,
    make_case: MakeCase,
    sessions: Sessions,
) -> None:
    resident = people.resident(1, "Riet Bakker")
    case = make_case(resident, "geheim verhaal", found=[("suicide", 0, 6, "rule:suicide.wish")])
    helper = people.helper(2, "Anja de Wit")
    elsewhere = People(sessions, "Zandvoorde")
    elsewhere.coordinator("piet@zandvoorde.example")
    other = console()
    log_in(other, "piet@zandvoorde.example")
    own = {"case": case.id, "resident": resident.id, "helper": helper.id}
    forbidden = ("Riet", "Bakker", "geheim", "Anja", "zelfmoord", "Waterrijk", "06 12345678")
    token = re.search(r'csrf" value="([^"]+)', other.get("/account").text)
    assert token
    for path in PATHS:
        answer = other.get(path.format(**own))
        assert answer.status_code == (404 if "{" in path else 200), path
        assert not [word for word in forbidden if word in answer.text], path
    form = {
        "csrf": token[1],
        "helper": str(helper.id),
        "notitie": "x",
        "uitkomst": "spoken",
        "oordeel": "right",
    }
    for path in POSTS:
        answer = other.post(path.format(**own), data=form)
        assert answer.status_code == 404, path
        assert not [word for word in forbidden if word in answer.text], path
    assert "Riet" in browser.get("/meldingen").text
    with sessions() as session:
        assert session.get_one(Case, case.id).closed_at is None


def test_g4_a_helper_of_another_municipality_cannot_be_asked(
    browser: TestClient, people: People, make_case: MakeCase, sessions: Sessions
) -> None:
    case = make_case(people.resident(1))
    stranger = People(sessions, "Zandvoorde").helper(9, "Sjoerd")
    page = browser.get(f"/meldingen/{case.id}").text
    assert "Sjoerd" not in page
    token = re.search(r'csrf" value="([^"]+)', page)
    assert token
    form = {"csrf": token[1], "helper": str(stranger.id)}
    assert browser.post(f"/meldingen/{case.id}/vragen", data=form).status_code == 404


@pytest.mark.parametrize("path", ["/meldingen/abc", f"/meldingen/{2**63}", "/bewoners/1", "/x"])
def test_addresses_that_are_none_get_a_dutch_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "Deze pagina is niet gevonden" in answer.text


def test_a_fault_of_ours_gets_a_dutch_page(
    console: Callable[[], TestClient], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.coordinator()
    browser = TestClient(console().app, raise_server_exceptions=False)
    log_in(browser)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("geheim")

    monkeypatch.setattr(cases, "list_cases", fail)
    answer = browser.get("/meldingen")
    assert answer.status_code == 500
    assert "Er ging iets mis" in answer.text
    assert "geheim" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
