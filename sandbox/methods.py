"""The Bot API methods that answer at once: arguments in, `result` out, or Telegram's refusal."""

from collections.abc import Callable
from typing import Any

from sandbox.errors import bad_request
from sandbox.model import Json, StoredFile, StoredMessage
from sandbox.state import State
from sandbox.validation import Arguments, Upload, caption, inline_keyboard, message_text

Method = Callable[[State, Arguments], Any]

# How long a button press may be answered, in seconds of the test clock.
CALLBACK_LIFE = 60.0

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


def get_me(state: State, _: Arguments) -> Json:
    """Who the bot is."""
    return {
        **state.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def send_message(state: State, arguments: Arguments) -> Json:
    """Send a text."""
    return _send(state, arguments, lambda: message_text(arguments))


def send_photo(state: State, arguments: Arguments) -> Json:
    """Send a photo; its size is not looked up."""

    def content() -> Json:
        file = _file(state, arguments, "photo", "image/jpeg")
        return {"photo": [{**file.reference(), "width": 64, "height": 64}], **caption(arguments)}

    return _send(state, arguments, content)


def send_voice(state: State, arguments: Arguments) -> Json:
    """Send a voice message."""

    def content() -> Json:
        file = _file(state, arguments, "voice", "audio/ogg")
        duration = arguments.integer("duration") or 0
        voice = {**file.reference(), "duration": duration, "mime_type": file.mime_type}
        return {"voice": voice, **caption(arguments)}

    return _send(state, arguments, content)


def send_document(state: State, arguments: Arguments) -> Json:
    """Send a file."""

    def content() -> Json:
        file = _file(state, arguments, "document", "application/octet-stream")
        name = file.path.rpartition("/")[2]
        document = {**file.reference(), "file_name": name, "mime_type": file.mime_type}
        return {"document": document, **caption(arguments)}

    return _send(state, arguments, content)


def _send(state: State, arguments: Arguments, make: Callable[[], Json]) -> Json:
    # Telegram looks at the content before the chat.
    content = make()
    keyboard = inline_keyboard(arguments)
    chat = state.writable_chat(arguments.chat_id())
    reply = _reply(state, arguments, chat["id"])
    silent = arguments.flag("disable_notification")
    message = state.add_message(chat, state.bot, {**content, **reply, **keyboard}, silent=silent)
    return message.payload


def _reply(state: State, arguments: Arguments, chat_id: int) -> Json:
    wanted = arguments.parsed("reply_parameters", "reply parameters")
    if not wanted:
        return {}
    message = state.message(chat_id, int(wanted.get("message_id", 0)))
    if message is not None:
        without = {k: v for k, v in message.payload.items() if k != "reply_to_message"}
        return {"reply_to_message": without}
    if wanted.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _file(state: State, arguments: Arguments, name: str, mime_type: str) -> StoredFile:
    given = arguments.text(name)
    upload: Upload | None = arguments.files.get(given.removeprefix("attach://") or name)
    if upload is not None:
        return state.add_file(upload.content, upload.mime_type or mime_type, upload.name)
    if not given:
        raise bad_request(f"there is no {name} in the request")
    if given not in state.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return state.files[given]


def send_chat_action(state: State, arguments: Arguments) -> bool:
    """Show "typing" to the person for five seconds, or until a message comes."""
    if arguments.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = state.writable_chat(arguments.chat_id())
    state.emit("action", chat_id=chat["id"], action=arguments.text("action"))
    return True


def edit_message_text(state: State, arguments: Arguments) -> Json:
    """Change a text; a keyboard that is not given again disappears."""
    content = {**message_text(arguments), **inline_keyboard(arguments)}
    message = _editable(state, arguments)
    return _edit(state, message, ("text", "entities", "reply_markup"), content)


def edit_message_reply_markup(state: State, arguments: Arguments) -> Json:
    """Change or remove the buttons."""
    keyboard = inline_keyboard(arguments)
    return _edit(state, _editable(state, arguments), ("reply_markup",), keyboard)


def _editable(state: State, arguments: Arguments) -> StoredMessage:
    chat = state.writable_chat(arguments.chat_id())
    message = state.message(chat["id"], arguments.message_id())
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return message


def _edit(state: State, message: StoredMessage, names: tuple[str, ...], content: Json) -> Json:
    if "text" in content and "text" not in message.payload:
        raise bad_request("there is no text in the message to edit")
    if all(message.payload.get(name) == content.get(name) for name in names):
        raise bad_request(_NOT_MODIFIED)
    message.past_buttons = message.buttons or message.past_buttons
    kept = {key: value for key, value in message.payload.items() if key not in names}
    message.payload = {**kept, **content, "edit_date": int(state.clock.timestamp())}
    state.show(message)
    return message.payload


def delete_message(state: State, arguments: Arguments) -> bool:
    """Remove a message from the chat."""
    chat = state.chat(arguments.chat_id())
    message = state.message(chat["id"], arguments.message_id())
    if message is None:
        raise bad_request("message to delete not found")
    message.deleted = True
    state.show(message)
    return True


def answer_callback_query(state: State, arguments: Arguments) -> bool:
    """Stop the button's spinner, perhaps with a short text."""
    pressed_at = state.callbacks.pop(arguments.text("callback_query_id"), None)
    if pressed_at is None or state.clock.timestamp() - pressed_at > CALLBACK_LIFE:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if text := arguments.text("text"):
        state.emit("toast", text=text)
    return True


def get_file(state: State, arguments: Arguments) -> Json:
    """Where a file can be fetched."""
    if not arguments.text("file_id"):
        raise bad_request("file_id is empty")
    file = state.files.get(arguments.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    return {**file.reference(), "file_path": file.path}


def set_my_commands(state: State, arguments: Arguments) -> bool:
    """The menu of commands; one list for every scope and language."""
    commands = arguments.parsed("commands", "list of bot commands") or []
    if not all(isinstance(c, dict) and c.get("command") for c in commands):
        raise bad_request("BOT_COMMAND_INVALID")
    if not all(c.get("description") for c in commands):
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    state.commands = list(commands)
    return True


def get_my_commands(state: State, _: Arguments) -> list[Json]:
    """The menu of commands."""
    return state.commands


def delete_my_commands(state: State, _: Arguments) -> bool:
    """Empty the menu of commands."""
    state.commands = []
    return True


def get_chat(state: State, arguments: Arguments) -> Json:
    """Telegram's `ChatFullInfo` with the fields that are always there."""
    gifts = dict.fromkeys(
        (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ),
        True,
    )
    return {
        **state.chat(arguments.chat_id()),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }


def leave_chat(state: State, arguments: Arguments) -> bool:
    """Leave a group."""
    chat_id = arguments.chat_id()
    state.chat(chat_id)
    group = state.groups.get(chat_id)
    if group is None:
        raise bad_request("chat member status can't be changed in private chats")
    state.writable_chat(chat_id)
    group.member = False
    return True


METHODS: dict[str, Method] = {
    "getme": get_me,
    "sendmessage": send_message,
    "sendphoto": send_photo,
    "sendvoice": send_voice,
    "senddocument": send_document,
    "sendchataction": send_chat_action,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "getfile": get_file,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "getchat": get_chat,
    "leavechat": leave_chat,
}
