"""Everything the sandbox knows: people, chats, messages, files, updates. No HTTP, no waiting."""

import secrets
import time
from collections.abc import Callable, Iterator

from sandbox.clock import SandboxClock
from sandbox.errors import ApiError, ControlError, bad_request
from sandbox.model import Group, Json, Person, StoredFile, StoredMessage, Webhook
from sandbox.updates import UpdateQueue

Listener = Callable[[Json], None]

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "audio/ogg": "oga",
    "image/webp": "webp",
    "video/mp4": "mp4",
}
_FOLDERS = {"image": "photos", "audio": "voice", "video": "videos"}


class State:
    """One bot and the people around it. Whoever wants to know of changes subscribes."""

    def __init__(self, token: str, clock: SandboxClock, username: str = "praatje_bot") -> None:
        self.token = token
        self.clock = clock
        self.bot: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Praatje",
            "username": username,
        }
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}
        self.messages: dict[int, dict[int, StoredMessage]] = {}
        self.files: dict[str, StoredFile] = {}
        self.updates = UpdateQueue()
        self.webhook = Webhook()
        self.commands: list[Json] = []
        # Telegram lets a bot answer a button press for a short while: id -> time of the press.
        self.callbacks: dict[str, float] = {}
        self.next_person_id = 100_000 + int(time.time()) % 100_000_000
        self.next_message_id = 1
        # Counts changes, so that the state file is written only when there are any.
        self.revision = 0
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, kind: str, **details: object) -> None:
        """Tell the listeners: `message`, `person`, `action`, `toast`, `clock` or `reset`."""
        self.revision += 1
        for listener in list(self._listeners):
            listener({"type": kind, **details})

    def clear(self) -> None:
        """Forget people, chats, files and updates. Ids go on counting; the webhook stays."""
        for store in (self.people, self.groups, self.messages, self.files, self.callbacks):
            store.clear()
        self.commands.clear()
        self.updates.clear()
        self.emit("reset")

    # People and chats

    def add_person(
        self,
        first_name: str,
        *,
        id: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str = "nl",
        started: bool = False,
    ) -> Person:
        """A new person; without `id` they get the next free one."""
        if id is None:
            id = self.next_person_id
        if id in self.people or id <= 0 or id == self.bot["id"]:
            raise ControlError(f"id {id} is taken or not positive", 409)
        self.next_person_id = max(self.next_person_id, id) + 1
        person = Person(id, first_name, last_name, username, language_code, started)
        self.people[id] = person
        self.emit("person", id=id)
        return person

    def person(self, person_id: int) -> Person:
        """A person, or the control API's 404."""
        if person_id not in self.people:
            raise ControlError(f"there is no person {person_id}", 404)
        return self.people[person_id]

    def remove_person(self, person_id: int) -> None:
        """Delete a person and their chat; the bot then hears `chat not found`."""
        self.person(person_id)
        del self.people[person_id]
        self.messages.pop(person_id, None)
        self.emit("person", id=person_id)

    def add_group(self, title: str) -> Group:
        """A group chat with the bot in it; its id is negative, as Telegram's are."""
        group = Group(-self.next_person_id, title)
        self.next_person_id += 1
        self.groups[group.id] = group
        return group

    def chat(self, chat_id: int) -> Json:
        """Telegram's `Chat` for a private chat or a group, or Telegram's own 400."""
        if chat_id in self.people:
            return self.people[chat_id].chat()
        if chat_id in self.groups:
            return self.groups[chat_id].chat()
        raise bad_request("chat not found")

    def writable_chat(self, chat_id: int) -> Json:
        """The chat, if the bot may write there; else the 403 that Telegram gives."""
        chat = self.chat(chat_id)
        if (person := self.people.get(chat_id)) is not None:
            if person.deactivated:
                raise ApiError(403, "Forbidden: user is deactivated")
            if person.blocked:
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            if not person.started:
                raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        elif not self.groups[chat_id].member:
            raise ApiError(403, "Forbidden: bot is not a member of the group chat")
        return chat

    # Messages and files

    def add_message(
        self, chat: Json, sender: Json, content: Json, *, silent: bool = False
    ) -> StoredMessage:
        """Store what the bot or a person sends; its date follows the test clock."""
        payload = {
            "message_id": self.next_message_id,
            "from": sender,
            "chat": chat,
            "date": int(self.clock.timestamp()),
            **content,
        }
        self.next_message_id += 1
        message = StoredMessage(payload, from_bot=bool(sender["is_bot"]), silent=silent)
        self.messages.setdefault(chat["id"], {})[payload["message_id"]] = message
        self.show(message)
        return message

    def message(self, chat_id: int, message_id: int) -> StoredMessage | None:
        """A message that is still there."""
        message = self.messages.get(chat_id, {}).get(message_id)
        return None if message is None or message.deleted else message

    def show(self, message: StoredMessage) -> None:
        """Tell listeners that a message is new or changed."""
        self.emit("message", chat_id=message.payload["chat"]["id"], message=message.view())

    def views(self, chat_id: int) -> Iterator[Json]:
        """The chat as the person sees it, oldest first."""
        for message in self.messages.get(chat_id, {}).values():
            if not message.deleted:
                yield message.view()

    def add_file(self, content: bytes, mime_type: str, name: str | None = None) -> StoredFile:
        """Keep a file and give it the address that getFile will answer."""
        number = len(self.files)
        folder = _FOLDERS.get(mime_type.partition("/")[0], "documents")
        extension = name.rpartition(".")[2] if name and "." in name else None
        extension = extension or _EXTENSIONS.get(mime_type, "bin")
        extension = "".join(letter for letter in extension if letter.isalnum()) or "bin"
        file = StoredFile(
            id=f"sandbox-{secrets.token_urlsafe(24)}",
            unique_id=secrets.token_hex(8),
            path=f"{folder}/file_{number}.{extension}",
            mime_type=mime_type,
            content=content,
        )
        self.files[file.id] = file
        return file
