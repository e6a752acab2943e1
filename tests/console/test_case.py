"""One case: what it shows, and who read it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import (
    ActorKind,
    Attachment,
    AuditEntry,
    Button,
    Case,
    CaseReason,
    CheckIn,
    CheckInState,
    Direction,
    Message,
    MessageKind,
    Purpose,
    Resident,
    SendState,
)
from bot.services import audit
from bot.services.audit import SYSTEM
from bot.understanding.labels import Level

MakeCase = Callable[..., Case]
Sessions = sessionmaker[Session]


def test_r8_the_reason_shows_the_sentence_with_its_span_rule_and_score(
    browser: TestClient, case: Case
) -> None:
    text = browser.get(f"/meldingen/{case.id}").text
    why = text[text.index('id="waarom"') : text.index('id="gesprek"')]
    assert "Zorgelijk bericht" in why
    assert re.search(r"<mark [^>]*>.*wil niet meer leven.*</mark>", why)
    assert "gedachten aan zelfmoord" in why
    assert "regel suicide.wish · zekerheid 1,00" in why


def test_what_a_resident_writes_is_never_markup(
    browser: TestClient, make_case: MakeCase, riet: Resident
) -> None:
    case = make_case(riet, "<img src=x onerror=alert(1)> eenzaam")
    text = browser.get(f"/meldingen/{case.id}").text
    assert "<img src=x" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt; eenzaam") == 2


def test_v7_reading_is_written_down_with_who_when_and_which(
    browser: TestClient, case: Case, sessions: Sessions, now: object
) -> None:
    browser.get(f"/meldingen/{case.id}")
    with sessions() as session:
        (read,) = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "conversation.read")
        ).all()
    assert read.actor_kind == ActorKind.COORDINATOR
    assert (read.subject_kind, read.subject_id, read.at) == ("case", str(case.id), now)
    shown = browser.get(f"/meldingen/{case.id}").text
    assert "Gesprek gelezen, 2 keer" in re.sub(r"\s+", " ", shown)
    assert "door Joke Visser" in shown


def test_v7_the_list_shows_no_words_of_a_resident_and_writes_down_no_reading(
    browser: TestClient, case: Case, sessions: Sessions
) -> None:
    for path in ("/meldingen", "/meldingen/lijst", f"/meldingen/{case.id}/stand"):
        assert "leven" not in browser.get(path).text
    with sessions() as session:
        read = select(func.count()).where(AuditEntry.action == "conversation.read")
        assert session.scalar(read) == 0


def test_c3_one_timeline_holds_all_that_happened_in_order(
    browser: TestClient, case: Case, riet: Resident, sessions: Sessions, now: object
) -> None:
    def at(minutes: int) -> object:
        return now - timedelta(minutes=minutes)

    with sessions.begin() as session:
        check_in = CheckIn(resident_id=riet.id, due_at=at(11), state=CheckInState.MISSED)
        asked = Message(
            chat_id=riet.chat_id, direction=Direction.OUT, text="Hoe gaat het?",
            purpose=Purpose.CHECK_IN, send_state=SendState.SENT, created_at=at(10), sent_at=at(10),
            buttons=[Button(token="t", position=0, label="Gaat wel", payload="/x")],
        )  # fmt: skip
        tapped = Message(
            chat_id=riet.chat_id, direction=Direction.IN, kind=MessageKind.BUTTON,
            text="Gaat wel", payload="/x", created_at=at(9),
        )  # fmt: skip
        voice = Message(
            chat_id=riet.chat_id, direction=Direction.IN, kind=MessageKind.VOICE,
            created_at=at(8), attachments=[Attachment(kind=MessageKind.VOICE)],
        )  # fmt: skip
        late = Message(
            chat_id=riet.chat_id, direction=Direction.IN, text="Dit was gisteren",
            telegram_message_id=5, created_at=at(7), sent_by_person_at=at(300),
        )  # fmt: skip
        edited = Message(
            chat_id=riet.chat_id, direction=Direction.IN, text="Dit was eergisteren",
            telegram_message_id=5, created_at=at(6), edited_at=at(6),
        )  # fmt: skip
        lost = Message(
            chat_id=riet.chat_id, direction=Direction.OUT, text="Ik luister.",
            purpose=Purpose.REPLY, send_state=SendState.FAILED, created_at=at(5),
        )  # fmt: skip
        for each in (check_in, asked, tapped, voice, late, edited, lost):
            session.add(each)
            session.flush()
        audit.record(session, SYSTEM, "check_in.missed", check_in, at(4))
    page = browser.get(f"/meldingen/{case.id}").text
    story = re.sub(
        r"\s+", " ", page[page.index('id="gesprek"') : page.index('class="card history"')]
    )
    order = [
        "wil niet meer leven",
        "Melding geopend (acuut gevaar; zorgelijk bericht)",
        "Hoe gaat het?",
        "verstuurd om 09:50",
        "Tikte op:",
        "Spraakbericht",
        "dit bericht is later aangepast",
        "geschreven vandaag 05:00",
        "Dit was gisteren",
        "later aangepast bericht",
        "Dit was eergisteren",
        "Ik luister.",
        "niet aangekomen",
        "Check-in: geen antwoord",
    ]
    places = [story.index(said) for said in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SendState.SENT, "De bewoner kreeg de hulplijnen al van Praatje."),
        (SendState.FAILED, "Let op: het bericht met de hulplijnen kwam niet aan."),
        (SendState.UNKNOWN, "Let op: het bericht met de hulplijnen kwam misschien niet aan."),
        (SendState.QUEUED, None),
    ],
)
def test_a_crisis_says_whether_the_helplines_arrived(
    browser: TestClient,
    case: Case,
    riet: Resident,
    sessions: Sessions,
    now: object,
    state: SendState,
    said: str | None,
) -> None:
    with sessions.begin() as session:
        session.add(
            Message(
                chat_id=riet.chat_id,
                direction=Direction.OUT,
                purpose=Purpose.CRISIS,
                send_state=state,
                created_at=now,
            )
        )
    page = browser.get(f"/meldingen/{case.id}").text
    assert ("hulplijnen" in page) == (said is not None)
    assert said is None or said in page


def test_a_danger_that_praatje_asked_about_is_shown_as_doubt(
    browser: TestClient, make_case: MakeCase, riet: Resident, sessions: Sessions
) -> None:
    case = make_case(riet, "ik heb er genoeg van", level=Level.URGENT)
    with sessions.begin() as session:
        session.scalars(select(Message)).one().ask = ["suicide"]
    assert "misschien: gedachten aan zelfmoord" in browser.get(f"/meldingen/{case.id}").text


def test_a_long_conversation_shows_its_end_first(
    browser: TestClient, case: Case, riet: Resident, sessions: Sessions, now: object
) -> None:
    with sessions.begin() as session:
        for number in range(60):
            session.add(
                Message(
                    chat_id=riet.chat_id,
                    direction=Direction.IN,
                    text=f"bericht nummer {number:02}",
                    created_at=now,
                )
            )
            session.flush()
    page = browser.get(f"/meldingen/{case.id}").text
    assert page.count("bericht nummer") == 40
    assert "bericht nummer 59" in page
    everything = browser.get(f"/meldingen/{case.id}?alles=true").text
    assert everything.count("bericht nummer") == 60


def test_the_strip_tells_an_outage_from_silence(
    browser: TestClient, case: Case, riet: Resident, sessions: Sessions, now: object
) -> None:
    """C8: a check-in that was not asked is never shown as one that was not answered."""
    with sessions.begin() as session:
        for days, state in ((1, CheckInState.NOT_ASKED), (2, CheckInState.MISSED), (90, "missed")):
            due = now - timedelta(days=days)
            session.add(CheckIn(resident_id=riet.id, due_at=due, state=CheckInState(state)))
    for path in (f"/meldingen/{case.id}", f"/bewoners/{riet.id}"):
        page = browser.get(path).text
        assert page.count("strip__item--not_asked") == 1
        assert page.count("strip__item--missed") == 1


def test_c7_an_open_page_hears_of_a_change(
    browser: TestClient, case: Case, make_case: MakeCase, riet: Resident
) -> None:
    page = browser.get(f"/meldingen/{case.id}").text
    address = re.search(r'hx-get="(/meldingen/\d+/stand[^"]+)"', page)
    assert address
    assert browser.get(address[1]).status_code == 204
    make_case(riet, "nog een bericht", reason=CaseReason.ASK_HUMAN)
    assert "Er is iets veranderd" in browser.get(address[1]).text
