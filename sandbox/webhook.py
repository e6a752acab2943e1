"""Delivery of updates to the bot's webhook: in order per chat, repeated until it answers 2xx."""

import asyncio
import json
import re
from http import HTTPStatus

import httpx

from sandbox.errors import bad_request
from sandbox.model import Json, Webhook
from sandbox.state import State
from sandbox.updates import Entry
from sandbox.validation import Arguments

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_DELAY = 60.0


class WebhookMethods:
    """setWebhook, deleteWebhook and getWebhookInfo; each answers (result, description)."""

    def __init__(self, state: State) -> None:
        self._state = state

    def set(self, arguments: Arguments) -> tuple[bool, str]:
        """Deliver to a URL from now on; an empty one deletes. The sandbox also takes plain http."""
        url = arguments.text("url")
        if not url:
            return self.delete(arguments)
        if not _is_web_address(url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        secret = arguments.text("secret_token")
        if len(secret) > 256:
            raise bad_request("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad_request("secret token contains unallowed characters")
        if "allowed_updates" in arguments.values:
            allowed = arguments.parsed("allowed_updates", "allowed updates")
            self._state.updates.allowed = list(allowed or [])
        connections = min(max(arguments.integer("max_connections") or 40, 1), 100)
        known = self._state.webhook.url == url
        self._state.webhook = Webhook(url, secret, connections)
        self._drop(arguments)
        return True, "Webhook is already set" if known else "Webhook was set"

    def delete(self, arguments: Arguments) -> tuple[bool, str]:
        """Back to polling."""
        known = bool(self._state.webhook.url)
        self._state.webhook = Webhook()
        self._drop(arguments)
        return True, "Webhook was deleted" if known else "Webhook is already deleted"

    def info(self, _: Arguments) -> tuple[Json, str]:
        """Telegram's `WebhookInfo`."""
        webhook, updates = self._state.webhook, self._state.updates
        info: Json = {
            "url": webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(updates.pending) + len(updates.held),
        }
        if webhook.url:
            info["max_connections"] = webhook.max_connections
        if webhook.last_error_message:
            info["last_error_date"] = webhook.last_error_date
            info["last_error_message"] = webhook.last_error_message
        if updates.allowed:
            info["allowed_updates"] = updates.allowed
        return info, ""

    def _drop(self, arguments: Arguments) -> None:
        if arguments.flag("drop_pending_updates"):
            self._state.updates.pending.clear()
        self._state.updates.bell.ring()


class Delivery:
    """Sends what is pending. One chat has one update on its way; others need not wait for it."""

    def __init__(self, state: State, *, retry_base: float = 1.0, timeout: float = 60.0) -> None:
        self._state = state
        self._retry_base = retry_base
        self._timeout = timeout
        self._busy: set[int | None] = set()
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver for as long as the sandbox runs."""
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=40)
        async with httpx.AsyncClient(timeout=self._timeout, limits=limits, trust_env=False) as http:
            while True:
                entry = await self._state.updates.bell.wait_for(self._next, 3600)
                if entry is not None:
                    self._busy.add(entry.chat_id)
                    task = asyncio.create_task(self._deliver(http, entry))
                    self._sending.add(task)
                    task.add_done_callback(self._sent)

    def _next(self) -> Entry | None:
        webhook = self._state.webhook
        if not webhook.url or len(self._sending) >= webhook.max_connections:
            return None
        for entry in self._state.updates.pending:
            if entry.chat_id not in self._busy:
                return entry
        return None

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._state.updates.bell.ring()

    async def _deliver(self, http: httpx.AsyncClient, entry: Entry) -> None:
        """Send one update until it is taken, dropped, or the webhook is another one."""
        webhook, failures = self._state.webhook, 0
        try:
            while self._state.webhook is webhook and entry in self._state.updates.pending:
                error = await self._post(http, webhook, entry)
                if error is None:
                    self._state.updates.done(entry)
                    return
                webhook.last_error_date = int(self._state.clock.timestamp())
                webhook.last_error_message = error
                # Telegram repeats once at once, then waits twice as long every time.
                if failures:
                    await self._pause(webhook, min(self._retry_base * 2**failures, LONGEST_DELAY))
                failures += 1
        finally:
            self._busy.discard(entry.chat_id)

    async def _pause(self, webhook: Webhook, seconds: float) -> None:
        """Wait, but no longer than this webhook is the bot's."""
        bell = self._state.updates.bell
        await bell.wait_for(lambda: True if self._state.webhook is not webhook else None, seconds)

    async def _post(self, http: httpx.AsyncClient, webhook: Webhook, entry: Entry) -> str | None:
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers[SECRET_HEADER] = webhook.secret_token
        body = json.dumps(entry.update, ensure_ascii=False).encode()
        entry.handed_out = True
        try:
            response = await http.post(webhook.url, content=body, headers=headers)
        except httpx.ConnectError:
            return "Connection refused"
        except httpx.TimeoutException:
            return "Read timeout expired"
        except httpx.HTTPError:
            return "Webhook connection closed"
        if response.is_success:
            return None
        return f"Wrong response from the webhook: {response.status_code} {_reason(response)}"


def _is_web_address(url: str) -> bool:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parts.scheme in ("http", "https") and bool(parts.host)


def _reason(response: httpx.Response) -> str:
    try:
        return HTTPStatus(response.status_code).phrase
    except ValueError:
        return response.reason_phrase
