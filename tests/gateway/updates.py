"""Updates as Telegram sends them, one of every kind of which the Bot API speaks."""

from typing import Any

Json = dict[str, Any]

DATE = 1_795_510_800
BOT: Json = {"id": 1, "is_bot": True, "first_name": "Praatje", "username": "praatje_bot"}


def user(person: int) -> Json:
    return {"id": person, "is_bot": False, "first_name": "Riet", "language_code": "nl"}


def chat(person: int) -> Json:
    return {"id": person, "type": "private", "first_name": "Riet"}


def message(person: int, number: int, **content: Any) -> Json:
    return {
        "message_id": number,
        "date": DATE,
        "chat": chat(person),
        "from": user(person),
        **content,
    }


def file(name: str = "AgAC", **more: Any) -> Json:
    return {"file_id": name, "file_unique_id": f"u{name}", "file_size": 1234, **more}


CONTENT: dict[str, Json] = {
    "photo": {"photo": [file(width=64, height=64)]},
    "voice": {"voice": file(duration=3, mime_type="audio/ogg")},
    "audio": {"audio": file(duration=180, mime_type="audio/mpeg")},
    "video": {"video": file(width=64, height=64, duration=9)},
    "video_note": {"video_note": file(length=240, duration=9)},
    "animation": {"animation": file(width=64, height=64, duration=2), "document": file()},
    "sticker": {
        "sticker": file(
            width=512, height=512, type="regular", is_animated=False, is_video=False, emoji="👍"
        )
    },
    "document": {"document": file(file_name="brief.pdf", mime_type="application/pdf")},
    "location": {"location": {"latitude": 52.1, "longitude": 4.9}},
    "contact": {"contact": {"phone_number": "0000", "first_name": "Piet"}},
}
"""What is no text, by the kind that we give it."""

OTHER: dict[str, Json] = {
    "venue": {
        "venue": {
            "location": {"latitude": 52.1, "longitude": 4.9},
            "title": "Buurthuis",
            "address": "Dorpsstraat 1",
        },
        "location": {"latitude": 52.1, "longitude": 4.9},
    },
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
    "poll": {
        "poll": {
            "id": "9",
            "question": "Koffie?",
            "options": [],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
    },
    "pinned": {"pinned_message": {"message_id": 1, "date": 0, "chat": chat(1)}},
    "new name of a group": {"new_chat_title": "Koffie"},
    "a kind from the future": {"hologram": {"depth": 3}},
}
"""Messages in which a person says nothing that we know how to read."""


def change(person: int, status: str, kind: str = "private") -> Json:
    place = chat(person) if kind == "private" else {"id": -5, "type": kind, "title": "Groep"}
    until: Json = {"until_date": 0} if status == "kicked" else {}
    return {
        "chat": place,
        "from": user(person),
        "date": DATE,
        "old_chat_member": {"user": BOT, "status": "member"},
        "new_chat_member": {"user": BOT, "status": status, **until},
    }


def every_kind(person: int) -> dict[str, Json]:
    """One update of every kind, without its id, by a name for it."""
    texts: dict[str, Json] = {
        "text": {"text": "dag"},
        "command": {
            "text": "/help",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        },
        "caption": {**CONTENT["photo"], "caption": "mijn tuin"},
        **CONTENT,
        **OTHER,
    }
    found: dict[str, Json] = {
        name: {"message": message(person, number, **content)}
        for number, (name, content) in enumerate(texts.items(), start=10)
    }
    group = {"id": -5, "type": "supergroup", "title": "Groep"}
    member = {"user": user(person), "status": "member"}
    found |= {
        "an edit": {"edited_message": message(person, 10, text="dag!", edit_date=DATE + 1)},
        "group": {"message": {**message(person, 99, text="hoi"), "chat": group}},
        "channel": {
            "channel_post": {
                "message_id": 1,
                "date": DATE,
                "chat": {"id": -6, "type": "channel", "title": "Kanaal"},
                "text": "x",
            }
        },
        "block": {"my_chat_member": change(person, "kicked")},
        "unblock": {"my_chat_member": change(person, "member")},
        "put in a group": {"my_chat_member": change(person, "member", "group")},
        "member": {"chat_member": {**change(person, "member", "group"), "old_chat_member": member}},
        "a button of nobody": {
            "callback_query": {
                "id": "1",
                "from": user(person),
                "chat_instance": "1",
                "data": "not-a-token",
                "message": message(1, 7, text="oud"),
            }
        },
        "a button of a message that is gone": {
            "callback_query": {
                "id": "2",
                "from": user(person),
                "chat_instance": "1",
                "data": "not-a-token",
                "message": {"message_id": 7, "date": 0, "chat": chat(person)},
            }
        },
        "a button with bytes that no database takes": {
            "callback_query": {
                "id": "3",
                "from": user(person),
                "chat_instance": "1",
                "data": "a\x00b",
            }
        },
        "a game button": {
            "callback_query": {
                "id": "4",
                "from": user(person),
                "chat_instance": "1",
                "game_short_name": "schaak",
            }
        },
        "inline query": {
            "inline_query": {"id": "1", "from": user(person), "query": "x", "offset": ""}
        },
        "poll answer": {
            "poll_answer": {
                "poll_id": "9",
                "option_ids": [0],
                "option_persistent_ids": ["0"],
                "user": user(person),
            }
        },
        "reaction": {
            "message_reaction": {
                "chat": chat(person),
                "message_id": 7,
                "date": DATE,
                "user": user(person),
                "old_reaction": [],
                "new_reaction": [{"type": "emoji", "emoji": "👍"}],
            }
        },
        "join request": {
            "chat_join_request": {
                "chat": group,
                "from": user(person),
                "user_chat_id": person,
                "date": DATE,
            }
        },
        "nothing at all": {},
        "from the future": {"telepathy": {"thought": "hm"}},
    }
    return found


UNREADABLE = [
    b"",
    b"null",
    b"[]",
    b'"dag"',
    b"{}",
    b"{not json",
    b'{"update_id": 5, "message": "dag"}',
    b'{"update_id": 5, "message": {"text": "dag"}}',
    b'{"update_id": 5, "message": {"message_id": 1, "date": "today", "chat": {"id": 1, '
    b'"type": "private"}, "text": "dag"}}',
    b"\xff\xfe",
]
"""Bodies that are no update."""
