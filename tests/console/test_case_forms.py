"""The forms of a case: a helper asked, a note, the closing; and what is refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import Conflict
from bot.models import (
    Case,
    CaseState,
    Handover,
    HandoverState,
    Message,
    Outcome,
    Verdict,
)
from bot.services import cases, handovers
from tests.console.conftest import send, stored
from tests.people import People

Sessions = sessionmaker[Session]


def test_a_helper_is_asked_and_the_case_says_so(
    browser: TestClient, case: Case, people: People, sessions: Sessions
) -> None:
    """V6: nothing that goes to the helper names the resident."""
    helper = people.helper(2)
    page = send(browser, case, "vragen", helper=str(helper.id))
    assert page.status_code == 200
    assert "De helper krijgt nu een bericht." in page.text
    assert "gevraagd, nog geen antwoord" in page.text
    assert stored(sessions, case).state == CaseState.OFFERED
    with sessions() as session:
        offered = session.scalars(select(Message).where(Message.chat_id == helper.chat_id)).one()
    assert "Riet" not in offered.text
    assert "leven" not in offered.text
    assert "Anja de Wit: gevraagd" in browser.get("/meldingen").text


def test_only_reachable_helpers_can_be_chosen(
    browser: TestClient, case: Case, people: People, sessions: Sessions, now: object
) -> None:
    away = people.helper(None, "Piet Hendriks")
    gone = people.helper(3, "Gerda Postma")
    with sessions.begin() as session:
        session.merge(gone).chat.blocked_at = now
    page = re.sub(r"\s+", " ", browser.get(f"/meldingen/{case.id}").text)
    assert f'<option value="{away.id}" disabled>' in page
    assert "Piet Hendriks (vrijwilliger, nog niet gekoppeld aan Telegram)" in page
    assert "Gerda Postma (vrijwilliger, heeft Praatje geblokkeerd)" in page
    refused = send(browser, case, "vragen", helper=str(away.id))
    assert refused.status_code == 409
    assert "nog niet te bereiken op Telegram" in refused.text
    assert stored(sessions, case).state == CaseState.OPEN


@pytest.mark.parametrize("helper", ["", "x", "9" * 30, "-1"])
def test_asking_nobody_is_said_kindly(browser: TestClient, case: Case, helper: str) -> None:
    refused = send(browser, case, "vragen", helper=helper)
    assert refused.status_code == 409
    assert "Kies eerst wie u wilt vragen." in refused.text


def test_a_second_offer_says_who_was_asked_before(
    browser: TestClient, case: Case, people: People, sessions: Sessions
) -> None:
    send(browser, case, "vragen", helper=str(people.helper(2).id))
    other = people.helper(3, "Bert Smit")
    refused = send(browser, case, "vragen", helper=str(other.id))
    assert refused.status_code == 409
    assert "Anja de Wit is hier al voor gevraagd." in refused.text
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Handover)) == 1


def test_an_offer_is_taken_back(
    browser: TestClient, case: Case, people: People, sessions: Sessions
) -> None:
    send(browser, case, "vragen", helper=str(people.helper(2).id))
    page = send(browser, case, "terugnemen")
    assert "De vraag is teruggenomen." in page.text
    assert "Eerder gevraagd: Anja de Wit (teruggenomen)" in page.text
    assert stored(sessions, case).state == CaseState.OPEN
    again = send(browser, case, "terugnemen")
    assert again.status_code == 409
    assert "Er is nu niemand gevraagd" in again.text


def test_what_a_helper_answered_is_seen(
    browser: TestClient, case: Case, people: People, sessions: Sessions, now: object
) -> None:
    helper = people.helper(2)
    send(browser, case, "vragen", helper=str(helper.id))
    with sessions.begin() as session:
        handover = session.scalars(select(Handover)).one()
        handovers.answer(session, session.merge(helper), handover.id, True, now)
    page = browser.get(f"/meldingen/{case.id}").text
    assert "De bewoner heeft hiervan bericht gekregen." in page
    assert "Helper pakt het op" in page


def test_a_note_is_kept_and_an_empty_one_is_not(browser: TestClient, case: Case) -> None:
    refused = send(browser, case, "notitie", notitie="   ")
    assert refused.status_code == 400
    assert "Een notitie kan niet leeg zijn." in refused.text
    page = send(browser, case, "notitie", notitie="Dochter <b>gebeld</b>\x00")
    assert "De notitie is bewaard." in page.text
    assert "Dochter &lt;b&gt;gebeld&lt;/b&gt;" in page.text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"uitkomst": "spoken"},
        {"oordeel": "right"},
        {"uitkomst": "spoken", "oordeel": "misschien"},
        {"uitkomst": "weg", "oordeel": "right"},
    ],
)
def test_r10_no_case_closes_without_outcome_and_verdict(
    browser: TestClient, case: Case, sessions: Sessions, form: dict[str, str]
) -> None:
    refused = send(browser, case, "afsluiten", **form)
    assert refused.status_code == 400
    assert ("Kies wat eruit is gekomen." in refused.text) == (form.get("uitkomst") != "spoken")
    assert ("Kies of de inschatting klopte." in refused.text) == (form.get("oordeel") != "right")
    assert stored(sessions, case).closed_at is None


def test_h12_a_case_closes_with_its_outcome_and_verdict(
    browser: TestClient, case: Case, people: People, sessions: Sessions
) -> None:
    """R10: the verdict is kept."""
    send(browser, case, "vragen", helper=str(people.helper(2).id))
    page = send(browser, case, "afsluiten", uitkomst="visited", oordeel="too_low")
    assert "De melding is afgesloten." in page.text
    assert "bezocht, inschatting te laag" in page.text
    closed = stored(sessions, case)
    assert (closed.outcome, closed.verdict) == (Outcome.VISITED, Verdict.TOO_LOW)
    with sessions() as session:
        assert session.scalars(select(Handover.state)).one() == HandoverState.CLOSED
    assert "Melding afsluiten" not in page.text
    assert "Riet Bakker" in browser.get("/meldingen?afgesloten=true").text


def test_c2_the_second_to_close_hears_that_somebody_did(
    browser: TestClient, case: Case, sessions: Sessions
) -> None:
    send(browser, case, "afsluiten", uitkomst="spoken", oordeel="right")
    again = send(browser, case, "afsluiten", uitkomst="no_answer", oordeel="wrong")
    assert again.status_code == 409
    assert "al afgesloten" in again.text
    assert stored(sessions, case).outcome == Outcome.SPOKEN


def test_c2_of_eight_who_close_at_once_one_wins(
    case: Case, people: People, sessions: Sessions, now: object
) -> None:
    joke = people.coordinator()
    together = Barrier(8)

    def close(outcome: Outcome) -> Outcome | None:
        with sessions.begin() as session:
            mine = session.get_one(Case, case.id)
            together.wait()
            try:
                cases.close(session, joke, mine, outcome, Verdict.RIGHT, now)
            except Conflict:
                return None
            return outcome

    outcomes = [list(Outcome)[number % 5] for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        (won,) = [each for each in pool.map(close, outcomes) if each]
    assert stored(sessions, case).outcome == won
