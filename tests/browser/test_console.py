"""The console in a real browser: a coordinator's round, on a wide screen and on a telephone."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.console.app import create_app
from bot.models import (
    CaseReason,
    CheckIn,
    CheckInState,
    Message,
    MessageKind,
    Purpose,
    Resident,
    SendState,
)
from bot.services import cases, conversation, messages
from bot.services.messages import Choice, Incoming
from bot.settings import get_settings
from bot.understanding import read
from bot.understanding.labels import Level
from sandbox.testing import Server
from tests.people import PASSWORD, People

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


class Scene:
    """People and conversations in one municipality, as they come about in use."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.people = People(sessions)
        self.people.coordinator()
        self.anja = self.people.helper(901, "Anja de Wit")
        self.people.helper(None, "Piet Hendriks")
        self.riet = self.people.resident(1, "Riet Bakker")
        self.people.resident(2, "Bram van der Meulen-Oosterhout")
        self.people.resident(3, "Fatima El Idrissi")
        self.people.invited("Cor Jansen")
        self._check_ins(self.riet)
        self.ask(1, "Goedemorgen mevrouw Bakker. Hoe gaat het vandaag met u?", 15)
        self.write(1, "Niet zo goed. Ik voel me zo eenzaam sinds mijn man dood is.", 13)
        self.write(1, "Ik zie het niet meer zitten, ik wil niet meer leven", 12)
        self.write(3, "Er komt nooit meer iemand langs, ik zit altijd alleen thuis", 200)
        with sessions.begin() as session:
            bram = session.get_one(Resident, self._id(session, 2))
            cases.open_or_raise(
                session,
                bram,
                level=Level.URGENT,
                reason=CaseReason.ASK_HUMAN,
                message_ids=[],
                now=clock.now() - timedelta(hours=3),
            )

    def _id(self, session: Session, telegram_id: int) -> object:
        chat = messages.chat_of(session, telegram_id, clock.now())
        return session.query(Resident.id).filter_by(chat_id=chat.id).scalar()

    def _check_ins(self, resident: Resident) -> None:
        states = [CheckInState.COMPLETED] * 9 + [CheckInState.NOT_ASKED, CheckInState.MISSED] * 2
        with self.sessions.begin() as session:
            for days, state in enumerate(reversed(states), start=1):
                due = clock.now() - timedelta(days=days)
                session.add(CheckIn(resident_id=resident.id, due_at=due, state=state))

    def ask(self, telegram_id: int, text: str, minutes_ago: int) -> None:
        moment = clock.now() - timedelta(minutes=minutes_ago)
        choices = (
            Choice("Goed", "/mood_good"),
            Choice("Gaat wel", "/x"),
            Choice("Niet goed", "/y"),
        )
        with self.sessions.begin() as session:
            chat = messages.chat_of(session, telegram_id, moment)
            sent = messages.queue_message(
                session, chat, text, Purpose.CHECK_IN, moment, choices=choices
            )
            messages.mark_sent(session, sent.id, 10_000 + sent.id, moment)

    def write(self, telegram_id: int, text: str, minutes_ago: int = 0) -> None:
        moment = clock.now() - timedelta(minutes=minutes_ago)
        with self.sessions.begin() as session:
            count = session.query(Message).count()
            incoming = Incoming(telegram_id, count + 1, MessageKind.TEXT, text)
            reading = read(text)
            conversation.receive(session, incoming, reading, moment)
            waiting = session.query(Message).filter_by(send_state=SendState.QUEUED)
            for message in waiting.filter(Message.purpose == Purpose.CRISIS):
                messages.mark_sent(session, message.id, 20_000 + message.id, moment)
            resident = session.get_one(Resident, self._id(session, telegram_id))
            if reading.level == Level.CONCERN:
                last = messages.latest_inbound(session, resident.chat, 1)[0]
                cases.open_or_raise(
                    session,
                    resident,
                    level=reading.level,
                    reason=CaseReason.SIGNALS,
                    message_ids=[last.id],
                    now=moment,
                )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def scene(sessions: sessionmaker[Session]) -> Scene:
    get_settings.cache_clear()
    return Scene(sessions)


@pytest.fixture
def url(scene: Scene) -> Iterator[str]:
    server = Server(create_app(scene.sessions)).start()
    yield server.url
    server.stop()


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens a page; at the end nothing may have failed, been refused, or been asked elsewhere."""
    pages: list[Page] = []
    problems: list[str] = []

    def open_at(path: str, viewport: dict[str, int], *, script: bool = True) -> Page:
        context = browser.new_context(viewport=viewport, locale="nl-NL", java_script_enabled=script)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda said: (
                said.type == "error"
                and "Failed to load resource" not in said.text
                and problems.append(said.text)
            ),
        )
        page.on(
            "response",
            lambda answer: (
                answer.status >= 400
                and ("/static/" in answer.url or answer.status >= 500)
                and problems.append(f"{answer.status}: {answer.url}")
            ),
        )
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith((url, "data:")) or problems.append(f"elsewhere: {asked.url}")
            ),
        )
        page.goto(url + path)
        pages.append(page)
        return page

    yield open_at
    for page in pages:
        page.context.close()
    assert problems == []


def shot(page: Page, name: str) -> None:
    """With CONSOLE_SHOTS set, pictures to look at."""
    if folder := os.environ.get("CONSOLE_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def log_in(page: Page) -> None:
    page.get_by_label("E-mailadres").fill("joke@waterrijk.example")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("heading", name="Meldingen", level=1)).to_be_visible()


def check(page: Page, name: str) -> None:
    """No fault that axe knows, and nothing to scroll sideways, on this page at this width."""
    shot(page, name)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} pixels wider than the screen"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_round_of_a_coordinator_is_accessible(
    open_page: Callable[..., Page], url: str, scene: Scene, viewport: dict[str, int]
) -> None:
    size = "phone" if viewport is PHONE else "wide"
    page = open_page("/meldingen", viewport)
    check(page, f"{size}-1-log-in")
    log_in(page)
    assert page.title() == "(3) Meldingen – Praatje"
    check(page, f"{size}-2-cases")

    page.get_by_role("link", name="Riet Bakker").click()
    expect(page.get_by_role("heading", name="Waarom deze melding?")).to_be_visible()
    expect(page.locator("#gesprek ~ .story mark").first).to_be_visible()
    page.get_by_text("Melding afsluiten").click()
    check(page, f"{size}-3-case")

    page.get_by_label("Wie wilt u vragen?").select_option(str(scene.anja.id))
    page.get_by_role("button", name="Vraag deze helper").click()
    expect(page.get_by_text("De helper krijgt nu een bericht.")).to_be_visible()
    page.get_by_label("Nieuwe notitie").fill("Ik bel zelf ook even.")
    page.get_by_role("button", name="Bewaar notitie").click()
    page.get_by_text("Wie deed wat?").click()
    check(page, f"{size}-4-case-asked")

    page.get_by_text("Melding afsluiten").click()
    page.get_by_role("button", name="Sluit de melding af").click()
    expect(page.get_by_text("Kies wat eruit is gekomen.")).to_be_visible()
    check(page, f"{size}-5-close-refused")
    page.get_by_label("Gesproken").check()
    page.get_by_label("Terecht", exact=False).first.check()
    page.get_by_role("button", name="Sluit de melding af").click()
    expect(page.get_by_text("De melding is afgesloten.")).to_be_visible()
    page.goto(f"{url}/meldingen?afgesloten=true")
    page.get_by_text("Hoe ging het").click()
    check(page, f"{size}-6-closed")

    page.goto(f"{url}/bewoners")
    page.get_by_text("Nieuwe bewoner aanmelden").click()
    page.get_by_label("Naam").fill("Gerda Postma")
    check(page, f"{size}-7-residents")
    page.get_by_role("button", name="Meld aan en maak de link").click()
    assert "start=" in page.get_by_label("Link").input_value()
    check(page, f"{size}-8-link")
    page.goto(f"{url}/bewoners/{scene.riet.id}")
    check(page, f"{size}-9-resident")
    page.goto(f"{url}/helpers")
    check(page, f"{size}-10-helpers")
    page.goto(f"{url}/account")
    check(page, f"{size}-11-account")
    page.goto(f"{url}/bewoners/00000000-0000-0000-0000-000000000000")
    check(page, f"{size}-12-not-found")


def test_the_list_and_an_open_case_change_without_reloading(
    open_page: Callable[..., Page], url: str, scene: Scene
) -> None:
    """C7: seen within a second or so, by the page itself."""
    page = open_page("/meldingen", WIDE)
    log_in(page)
    reading = page.context.new_page()
    reading.goto(f"{url}/meldingen")
    reading.get_by_role("link", name="Fatima El Idrissi").click()
    expect(reading.get_by_text("Er is iets veranderd in deze melding.")).to_be_hidden()
    expect(page.locator(".level--crisis")).to_have_count(1)
    page.get_by_role("link", name="Bram").focus()
    scene.write(3, "ik wil niet meer leven")
    expect(page.locator(".level--crisis")).to_have_count(2)
    expect(page.get_by_role("link", name="Bram")).to_be_focused()
    expect(reading.get_by_text("Er is iets veranderd in deze melding.")).to_be_visible()
    scene.people.resident(4, "Sanne de Boer")
    scene.write(4, "ik ben gevallen en kan niet meer opstaan, ik bloed erg")
    expect(page).to_have_title("(4) Meldingen – Praatje")
    expect(page.locator("#nieuws")).to_contain_text("4 open meldingen")


def test_everything_works_without_a_script(open_page: Callable[..., Page], scene: Scene) -> None:
    page = open_page("/meldingen", PHONE, script=False)
    log_in(page)
    page.get_by_role("link", name="Riet Bakker").click()
    page.get_by_label("Wie wilt u vragen?").select_option(str(scene.anja.id))
    page.get_by_role("button", name="Vraag deze helper").click()
    expect(page.get_by_text("De helper krijgt nu een bericht.")).to_be_visible()
    page.get_by_text("Melding afsluiten").click()
    page.get_by_label("Geen gehoor").check()
    page.get_by_label("Te laag").check()
    page.get_by_role("button", name="Sluit de melding af").click()
    expect(page.get_by_text("De melding is afgesloten.")).to_be_visible()


def test_the_keyboard_alone_suffices(open_page: Callable[..., Page]) -> None:
    page = open_page("/meldingen", WIDE)
    log_in(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Riet Bakker")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Riet Bakker", level=1)).to_be_visible()


def test_g4_another_theme_is_as_accessible(
    browser: Browser, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSOLE_THEME", "ma")
    get_settings.cache_clear()
    server = Server(create_app(scene.sessions)).start()
    page = browser.new_page(viewport=WIDE)
    page.goto(f"{server.url}/meldingen")
    log_in(page)
    check(page, "ma-2-cases")
    page.get_by_role("link", name="Riet Bakker").click()
    page.get_by_text("Melding afsluiten").click()
    check(page, "ma-3-case")
    page.close()
    server.stop()
    get_settings.cache_clear()
