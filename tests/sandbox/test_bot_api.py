"""What the sandbox answers, read by python-telegram-bot's own classes without a key left over."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    ChatFullInfo,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
    TelegramObject,
    Update,
)
from telegram.error import BadRequest, EndPointNotFound, Forbidden, InvalidToken

from sandbox.client import SandboxClient, SandboxError

MakeBot = Callable[..., Bot]


def objects(value: object) -> Iterator[TelegramObject]:
    """Every Telegram object inside a parsed answer."""
    if isinstance(value, TelegramObject):
        yield value
        names = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())}
        for name in names - {"_bot", "api_kwargs"}:
            yield from objects(getattr(value, name, None))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from objects(part)


def assert_kept(raw: Any, again: Any) -> None:
    """The library gives back what the sandbox sent; it may add its defaults."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            assert name in again, name
            assert_kept(value, again[name])
    elif isinstance(raw, list):
        assert len(raw) == len(again)
        for one, other in zip(raw, again, strict=True):
            assert_kept(one, other)
    else:
        assert raw == again


def strictly(kind: type[TelegramObject], raw: dict[str, Any]) -> Any:
    parsed = kind.de_json(raw, None)
    found = list(objects(parsed))
    assert found
    assert [one for one in found if one.api_kwargs] == []
    assert_kept(raw, parsed.to_dict())
    return parsed


def call(client: SandboxClient, method: str, **arguments: object) -> httpx.Response:
    url = f"{client.bot_base_url}1:sandbox/{method}"
    return httpx.post(url, json=arguments, trust_env=False)


ACTS: dict[str, dict[str, object]] = {
    "text": {"text": "/help en 😀 /stop"},
    "start": {"payload": "abc"},
    "photo": {"caption": "mijn tuin"},
    "voice": {"duration": 2},
    "video_note": {},
    "sticker": {},
    "location": {"latitude": 52.1, "longitude": 5.1},
    "contact": {"phone_number": "+000", "first_name": "Zus"},
    "document": {"file_name": "brief.pdf", "mime_type": "application/pdf"},
    "forward": {"text": "kijk", "sender_name": "Buurvrouw"},
    "block": {},
    "group": {"title": "Koffie"},
}


@pytest.mark.parametrize("act", ACTS)
def test_update_of_each_act_is_known_to_the_library(client: SandboxClient, act: str) -> None:
    """T9, T11: every kind of update that a person causes."""
    anna = client.add_person("Anna", last_name="de Vries", username="anna_dv")
    made = client.act(anna, act, **ACTS[act])
    delivered = call(client, "getUpdates").json()["result"]
    assert delivered == [made]
    parsed = strictly(Update, made)
    assert parsed.effective_user.id == anna


def test_commands_carry_the_entity_in_utf16_units(client: SandboxClient) -> None:
    anna = client.add_person()
    message = strictly(Update, client.send_text(anna, "/help en 😀 /stop")).message
    commands = message.parse_entities(["bot_command"]).values()
    assert list(commands) == ["/help", "/stop"]
    assert message.entities[0].offset == 0
    assert "entities" not in client.send_text(anna, "1/2 of http://a.nl/b")["message"]


def test_edit_and_press_and_unblock_are_known_to_the_library(client: SandboxClient) -> None:
    """T3, T12, T13."""
    anna = client.add_person()
    first = client.send_text(anna, "ja")["message"]["message_id"]
    edited = strictly(Update, client.edit(anna, first, "nee")).edited_message
    assert (edited.message_id, edited.text) == (first, "nee")
    keyboard = {"inline_keyboard": [[{"text": "Ja", "callback_data": "y"}]]}
    call(client, "sendMessage", chat_id=anna, text="?", reply_markup=keyboard)
    pressed = strictly(Update, client.press(anna, "Ja")).callback_query
    assert pressed.data == "y"
    assert pressed.message.text == "?"
    client.block(anna)
    change = strictly(Update, client.unblock(anna)).my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("kicked", "member")


def test_library_sends_edits_answers_and_deletes(client: SandboxClient, make_bot: MakeBot) -> None:
    anna = client.add_person()

    async def run() -> None:
        async with make_bot() as bot:
            assert (await bot.get_me()).username == "praatje_bot"
            rows = [[InlineKeyboardButton(t, callback_data=t)] for t in ("Ja", "Nee")]
            keyboard = InlineKeyboardMarkup(rows)
            sent = await bot.send_message(
                anna,
                "<b>Hoi</b> &amp; dag",
                "HTML",
                reply_markup=keyboard,
                disable_notification=True,
            )
            assert sent.text_html == "<b>Hoi</b> &amp; dag"
            (seen,) = client.messages(anna)
            assert (seen.text, seen.buttons, seen.silent) == ("Hoi & dag", ("Ja", "Nee"), True)
            query = client.press(anna, index=1)["callback_query"]
            assert query["data"] == "Nee"
            assert await bot.answer_callback_query(query["id"])
            await sent.edit_reply_markup(None)
            assert client.messages(anna)[0].buttons == ()
            with pytest.raises(SandboxError, match="no message in this chat has buttons"):
                client.press(anna, "Nee")
            assert client.press(anna, "Nee", stale=True)["callback_query"]["data"] == "Nee"
            await sent.edit_text("Anders")
            assert client.messages(anna)[0].edited
            reply = await bot.send_message(
                anna, "terug", reply_parameters=ReplyParameters(sent.message_id)
            )
            assert reply.reply_to_message.text == "Anders"
            assert await bot.send_chat_action(anna, "typing")
            assert await sent.delete()
            assert [message.text for message in client.messages(anna)] == ["terug"]
            assert await bot.set_my_commands([BotCommand("stop", "Stoppen")])
            assert (await bot.get_my_commands())[0].command == "stop"
            assert isinstance(await bot.get_chat(anna), ChatFullInfo)
            group = client.act(anna, "group")["my_chat_member"]["chat"]["id"]
            assert await bot.leave_chat(group)
            with pytest.raises(Forbidden, match="not a member"):
                await bot.send_message(group, "hoi")

    asyncio.run(run())
    sent = call(client, "sendMessage", chat_id=anna, text="x").json()["result"]
    strictly(Message, sent)
    strictly(ChatFullInfo, call(client, "getChat", chat_id=anna).json()["result"])


def test_files_go_both_ways(client: SandboxClient, make_bot: MakeBot) -> None:
    """T10: a voice message can be fetched, and sent on by its file_id."""
    anna, piet = client.add_person("Anna"), client.add_person("Piet")
    update = Update.de_json(client.send_voice(anna, b"OggS geluid"), None)

    async def run() -> None:
        async with make_bot() as bot:
            file = await bot.get_file(update.message.voice.file_id)
            assert bytes(await file.download_as_bytearray()) == b"OggS geluid"
            relayed = await bot.send_voice(piet, update.message.voice.file_id)
            assert relayed.voice.file_unique_id == update.message.voice.file_unique_id
            photo = await bot.send_photo(piet, b"JPEG", caption="tuin")
            document = await bot.send_document(piet, b"PDF", filename="brief.pdf")
            fetched = await bot.get_file(document.document.file_id)
            assert bytes(await fetched.download_as_bytearray()) == b"PDF"
            for message in (relayed, photo, document):
                strictly(Message, json.loads(message.to_json()))

    asyncio.run(run())
    assert [message.kind for message in client.messages(piet)] == ["voice", "photo", "document"]
    assert client.calls(method="sendPhoto")[0]["arguments"]["photo"]["size"] == 4


SENDS: list[tuple[str, dict[str, object], str]] = [
    ("sendMessage", {"text": ""}, "message text is empty"),
    ("sendMessage", {"text": " \n"}, "message text is empty"),
    ("sendMessage", {"text": "x" * 4097}, "message is too long"),
    ("sendMessage", {"text": "<i>x", "parse_mode": "HTML"}, "can't parse entities"),
    ("sendMessage", {"text": "<x>x", "parse_mode": "HTML"}, "Unsupported start tag"),
    ("sendMessage", {"text": "x", "parse_mode": "RTF"}, "unsupported parse_mode"),
    ("sendMessage", {"text": "x", "reply_markup": "{"}, "can't parse reply keyboard"),
    (
        "sendMessage",
        {"text": "x", "reply_parameters": {"message_id": 9}},
        "message to be replied not found",
    ),
    ("sendPhoto", {}, "there is no photo in the request"),
    ("sendVoice", {"voice": "onzin"}, "wrong file identifier"),
    ("sendChatAction", {"action": "dance"}, "wrong parameter action in request"),
    ("editMessageText", {"text": "x", "message_id": 999}, "message to edit not found"),
    ("editMessageText", {"text": "x"}, "message identifier is not specified"),
    ("deleteMessage", {"message_id": 999}, "message to delete not found"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, "query is too old"),
    ("getFile", {"file_id": "onzin"}, "invalid file_id"),
]


@pytest.mark.parametrize(("method", "arguments", "description"), SENDS)
def test_wrong_arguments_are_refused_in_telegrams_words(
    client: SandboxClient, method: str, arguments: dict[str, object], description: str
) -> None:
    """T5"""
    anna = client.add_person()
    answer = call(client, method, chat_id=anna, **arguments)
    body = answer.json()
    assert (answer.status_code, body["ok"], body["error_code"]) == (400, False, 400)
    assert body["description"].startswith("Bad Request: ")
    assert description in body["description"]


@pytest.mark.parametrize(("data", "refused"), [("x" * 64, False), ("é" * 33, True), ("", True)])
def test_button_data_is_at_most_64_bytes(client: SandboxClient, data: str, refused: bool) -> None:
    """T13"""
    keyboard = {"inline_keyboard": [[{"text": "Ja", "callback_data": data}]]}
    anna = client.add_person()
    body = call(client, "sendMessage", chat_id=anna, text="?", reply_markup=keyboard).json()
    assert body.get("description") == ("Bad Request: BUTTON_DATA_INVALID" if refused else None)


def test_length_counts_after_formatting(client: SandboxClient) -> None:
    text = "<b>" + "x" * 4096 + "</b>"
    anna = client.add_person()
    answer = call(client, "sendMessage", chat_id=anna, text=text, parse_mode="HTML")
    assert answer.json()["result"]["entities"] == [{"type": "bold", "offset": 0, "length": 4096}]


def test_who_cannot_be_reached_is_told_as_telegram_does(
    client: SandboxClient, make_bot: MakeBot
) -> None:
    """T2, T4, T5"""
    blocked, gone = client.add_person("Anna"), client.add_person("Piet")
    unused = client.add_person("Fatima", started=False)
    deleted = client.add_person("Jan")
    client.block(blocked)
    client.deactivate(gone)
    client.delete_person(deleted)
    expected = [
        (blocked, Forbidden, "Forbidden: bot was blocked by the user"),
        (gone, Forbidden, "Forbidden: user is deactivated"),
        (unused, Forbidden, "Forbidden: bot can't initiate conversation with a user"),
        (deleted, BadRequest, "Chat not found"),
        (4_000_000_000, BadRequest, "Chat not found"),
    ]

    async def run() -> None:
        async with make_bot() as bot:
            for chat_id, kind, text in expected:
                with pytest.raises(kind) as raised:
                    await bot.send_message(chat_id, "hoi")
                assert str(raised.value) == text
            client.start(blocked)
            assert await bot.send_message(blocked, "weer terug")

    asyncio.run(run())
    statuses = [update.get("my_chat_member") for update in client.updates()["pending"]]
    changes = [change["new_chat_member"]["status"] for change in statuses if change]
    assert changes == ["kicked", "member"]


def test_same_text_again_is_not_modified(client: SandboxClient) -> None:
    anna = client.add_person()
    sent = call(client, "sendMessage", chat_id=anna, text="een").json()["result"]["message_id"]
    body = call(client, "editMessageText", chat_id=anna, message_id=sent, text="een").json()
    assert body["description"].startswith("Bad Request: message is not modified: ")
    own = client.send_text(anna, "van mij")["message"]["message_id"]
    body = call(client, "editMessageText", chat_id=anna, message_id=own, text="x").json()
    assert body["description"] == "Bad Request: message can't be edited"


def test_button_press_is_answered_once_and_in_time(client: SandboxClient) -> None:
    anna = client.add_person()
    keyboard = {"inline_keyboard": [[{"text": "Ja", "callback_data": "y"}]]}
    call(client, "sendMessage", chat_id=anna, text="?", reply_markup=keyboard)
    first, late = (client.press(anna, "Ja")["callback_query"]["id"] for _ in range(2))
    assert call(client, "answerCallbackQuery", callback_query_id=first).json()["result"] is True
    client.advance(3600)
    body = call(client, "answerCallbackQuery", callback_query_id=late).json()
    assert "query is too old and response timeout expired" in body["description"]


def test_wrong_token_and_unknown_method(client: SandboxClient, make_bot: MakeBot) -> None:
    async def run() -> None:
        with pytest.raises(InvalidToken):
            await make_bot(token="2:other").initialize()
        async with make_bot() as bot:
            with pytest.raises(EndPointNotFound):
                await bot.do_api_request("danceTheNight")

    asyncio.run(run())
    answer = httpx.get(f"{client.bot_base_url}2:other/getMe", trust_env=False)
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert call(client, "danceTheNight").json()["error_code"] == 404


def test_arguments_come_as_query_form_or_json(client: SandboxClient) -> None:
    anna = client.add_person()
    url = f"{client.bot_base_url}1:sandbox/sendMessage"
    values = {"chat_id": str(anna), "text": "één & twee"}
    answers = [
        httpx.get(url, params=values, trust_env=False),
        httpx.post(url, data=values, trust_env=False),
        httpx.post(url, json=values, trust_env=False),
        httpx.post(url, data=values, files={"x": b"y"}, trust_env=False),
    ]
    assert [answer.json()["result"]["text"] for answer in answers] == ["één & twee"] * 4
