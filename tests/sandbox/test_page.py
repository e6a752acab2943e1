"""The page in a real browser, on a wide screen and on a telephone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.client import SandboxClient
from sandbox.testing import Server

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[object]:
    """Open the page; at the end nothing may have been refused by the browser or have failed."""
    pages: list[Page] = []
    problems: list[str] = []

    def open_at(url: str, viewport: dict[str, int]) -> Page:
        page = browser.new_page(viewport=viewport, locale="nl-NL")
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda said: (
                problems.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(url.split("/?")[0].rstrip("/"))
                else problems.append(f"asked elsewhere: {request.url}")
            ),
        )
        page.goto(url)
        pages.append(page)
        return page

    yield open_at
    for page in pages:
        page.close()
    assert problems == []


def bot(client: SandboxClient, method: str, **arguments: object) -> dict[str, object]:
    answer = httpx.post(f"{client.bot_base_url}1:sandbox/{method}", json=arguments, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def keyboard(*labels: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": label, "callback_data": label}] for label in labels]}


def shot(page: Page, name: str) -> None:
    """With SANDBOX_SHOTS set, pictures to look at."""
    if folder := os.environ.get("SANDBOX_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_two_people_chat_side_by_side_live(client: SandboxClient, open_page) -> None:
    anna = client.add_person("Anna", last_name="de Vries")
    client.add_person("Piet")
    page = open_page(client.base_url, WIDE)
    page.get_by_role("button", name="Piet").click()
    chat, other = page.locator(f'[data-person="{anna}"].chat'), page.locator(".chat").nth(1)
    expect(page.locator(".chat")).to_have_count(2)
    boxes = [locator.bounding_box() for locator in (chat, other)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]

    chat.get_by_label("Bericht", exact=True).fill("Goedemorgen")
    chat.get_by_label("Bericht", exact=True).press("Enter")
    expect(chat.locator(".row.person")).to_contain_text("Goedemorgen")

    bot(client, "sendChatAction", chat_id=anna, action="typing")
    expect(chat.locator(".typing")).to_be_visible()
    shot(page, "wide-typing")
    sent = bot(
        client,
        "sendMessage",
        chat_id=anna,
        text="Hoe gaat het <b>vandaag</b>?",
        parse_mode="HTML",
        reply_markup=keyboard("Goed", "Gaat wel", "Niet zo goed"),
        disable_notification=True,
    )
    answer = chat.locator(".row.bot")
    expect(chat.locator(".typing")).to_be_hidden()
    expect(answer.locator("strong")).to_have_text("vandaag")
    expect(answer).to_contain_text("zonder geluid")
    buttons = answer.locator(".buttons button")
    tops = [buttons.nth(n).bounding_box()["y"] for n in range(3)]
    assert tops == sorted(set(tops)), "one button per row"

    answer.get_by_role("button", name="Gaat wel").click()
    expect(answer.get_by_role("button", name="✓ Gaat wel")).to_be_visible()
    pressed = client.updates()["pending"][-1]["callback_query"]
    assert pressed["data"] == "Gaat wel"
    message_id = sent["result"]["message_id"]
    bot(client, "editMessageReplyMarkup", chat_id=anna, message_id=message_id)
    expect(buttons.first).to_be_disabled()

    for label, kind in (("Foto", "img"), ("Spraakbericht", "audio"), ("Sticker", ".sticker")):
        chat.get_by_role("button", name=label, exact=True).click()
        expect(chat.locator(f".row.person {kind}")).to_have_count(1)
    assert chat.locator("img.photo").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    seconds = chat.locator("audio").evaluate(
        "sound => new Promise(done => { sound.onloadedmetadata = () => done(sound.duration);"
        " sound.preload = 'metadata'; sound.load(); })"
    )
    assert 0.5 < seconds < 1.5
    chat.get_by_role("button", name="Locatie").click()
    expect(chat).to_contain_text("Locatie: 52.0907")
    expect(other.locator(".row")).to_have_count(0)

    chat.get_by_label("Blokkeer de bot").check()
    expect(chat).to_contain_text("heeft de bot geblokkeerd")
    assert (
        client.updates()["pending"][-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    )
    shot(page, "wide")


def test_start_link_by_address_by_field_and_by_button(client: SandboxClient, open_page) -> None:
    """T1: a deep link reaches the bot as /start with its token."""
    anna = client.add_person("Anna", started=False)
    page = open_page(f"{client.base_url}/?person={anna}&start=abc-123", WIDE)
    expect(page.locator(".row.person").first).to_contain_text("/start abc-123")
    assert page.url == f"{client.base_url}/", "a reload must not start again"
    page.get_by_text("Startlink openen").click()
    page.get_by_label("Link of code").fill("https://t.me/praatje_bot?start=tweede_code")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".row.person").nth(1)).to_contain_text("/start tweede_code")

    page.get_by_text("Persoon toevoegen").click()
    page.get_by_label("Voornaam").fill("Fatima")
    page.get_by_role("button", name="Toevoegen").click()
    chat = page.get_by_role("region", name="Gesprek van Fatima")
    chat.get_by_role("button", name="Start", exact=True).click()
    expect(chat.locator(".row.person")).to_contain_text("/start")
    texts = [update["message"]["text"] for update in client.updates()["pending"]]
    assert texts == ["/start abc-123", "/start tweede_code", "/start"]


def test_edited_message_and_bot_edit_are_seen(client: SandboxClient, open_page) -> None:
    """T12: a person can change what they wrote."""
    anna = client.add_person("Anna")
    page = open_page(client.base_url, WIDE)
    page.get_by_label("Bericht", exact=True).fill("ja")
    page.get_by_role("button", name="Stuur").click()
    page.get_by_role("button", name="wijzig").click()
    page.get_by_label("Bericht", exact=True).fill("nee")
    page.get_by_role("button", name="Wijzig", exact=True).last.click()
    expect(page.locator(".row.person")).to_contain_text("gewijzigd")
    assert client.updates()["pending"][-1]["edited_message"]["text"] == "nee"
    sent = bot(client, "sendMessage", chat_id=anna, text="een")["result"]
    expect(page.locator(".row.bot")).to_contain_text("een")
    bot(client, "editMessageText", chat_id=anna, message_id=sent["message_id"], text="twee")
    expect(page.locator(".row.bot")).to_contain_text("twee")


def test_phone_shows_one_chat_with_a_switcher(client: SandboxClient, open_page) -> None:
    anna, piet = client.add_person("Anna"), client.add_person("Piet")
    for n in range(12):
        client.send_text(anna, f"Bericht {n} met wat meer woorden, zodat het een paar regels telt.")
    bot(client, "sendMessage", chat_id=anna, text="Gaat het?", reply_markup=keyboard("Ja", "Nee"))
    page = open_page(client.base_url, PHONE)
    expect(page.locator(".chat")).to_have_count(1)
    expect(page.get_by_role("button", name="Nee")).to_be_in_viewport()
    expect(page.get_by_label("Bericht", exact=True)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shot(page, "phone")
    page.get_by_role("button", name="Piet").click()
    expect(page.locator(".chat")).to_have_count(1)
    expect(page.locator(".chat h2")).to_have_text("Piet")
    client.send_text(piet, "hallo")
    expect(page.locator(".row.person")).to_have_count(1)


def test_keyboard_alone_writes_and_presses(client: SandboxClient, open_page) -> None:
    anna = client.add_person("Anna")
    page = open_page(client.base_url, WIDE)
    page.get_by_label("Bericht", exact=True).focus()
    page.keyboard.type("hoi")
    page.keyboard.press("Enter")
    expect(page.locator(".row.person")).to_contain_text("hoi")
    bot(client, "sendMessage", chat_id=anna, text="Kies", reply_markup=keyboard("Ja"))
    button = page.get_by_role("button", name="Ja", exact=True)
    expect(button).to_be_visible()
    page.locator(".log").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Ja":
            break
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid", "the focus must be seen"
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="✓ Ja")).to_be_visible()


async def _next_check_in(_: Request) -> Response:
    return JSONResponse({"at": "2099-01-05T08:00:00+00:00", "resident": "Anna"})


def test_clock_moves_to_the_next_check_in(
    start_sandbox: Callable[..., SandboxClient], open_page
) -> None:
    praatje = Server(Starlette(routes=[Route("/sandbox/next-check-in", _next_check_in)])).start()
    client = start_sandbox(app_url=praatje.url, console_url="http://127.0.0.1:9/console")
    page = open_page(client.base_url, WIDE)
    expect(page.get_by_role("link", name="Naar de console")).to_be_visible()
    page.get_by_role("button", name="+1 dag").click()
    expect(page.locator("#shifted")).to_be_visible()
    page.get_by_role("button", name="Naar de volgende check-in").click()
    expect(page.get_by_role("status")).to_contain_text("Check-in van Anna")
    expect(page.locator("#now")).to_contain_text("5 jan")
    assert client.now().isoformat().startswith("2099-01-05T08:00:0")
    praatje.stop()
    page.get_by_role("button", name="Naar de volgende check-in").click()
    expect(page.get_by_role("status")).to_contain_text("Praatje geeft geen antwoord")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_page_has_no_accessibility_faults(
    client: SandboxClient, open_page, viewport: dict[str, int]
) -> None:
    anna = client.add_person("Anna")
    client.add_person("Piet", started=False)
    client.send_photo(anna, "mijn tuin")
    client.send_voice(anna)
    sent = bot(client, "sendMessage", chat_id=anna, text="Ja?", reply_markup=keyboard("Ja"))
    bot(client, "sendMessage", chat_id=anna, text="Goed?", reply_markup=keyboard("Nee"))
    message_id = sent["result"]["message_id"]
    bot(client, "editMessageReplyMarkup", chat_id=anna, message_id=message_id)
    page = open_page(client.base_url, viewport)
    expect(page.get_by_role("button", name="Nee", exact=True)).to_be_visible()
    page.get_by_text("Persoon toevoegen").click()
    page.get_by_text("Startlink openen").click()
    expect(page.get_by_role("button", name="Toevoegen")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Nee", exact=True)).to_be_in_viewport()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    shot(page, f"open-{viewport['width']}")
