"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.calls import CallLog
from sandbox.errors import ApiError
from sandbox.faults import Fault, Faults
from sandbox.methods import METHODS
from sandbox.model import Json
from sandbox.polling import Polling
from sandbox.state import State
from sandbox.validation import Arguments, Upload
from sandbox.webhook import WebhookMethods

# Written by people: not JSON, whatever it looks like.
_PLAIN = frozenset({"text", "caption"})


class BotApi:
    """Reads a call, lets a planned fault have its way, performs it, logs it, answers it."""

    def __init__(
        self, state: State, faults: Faults, calls: CallLog, polling: Polling, hook: WebhookMethods
    ) -> None:
        self._state = state
        self._faults = faults
        self._calls = calls
        self._polling = polling
        self._webhook_methods: dict[str, Callable[[Arguments], Any]] = {
            "setwebhook": hook.set,
            "deletewebhook": hook.delete,
            "getwebhookinfo": hook.info,
        }

    def routes(self) -> list[Route]:
        """For the application."""
        return [
            Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self.download),
        ]

    async def call(self, request: Request) -> Response:
        """One Bot API call."""
        if request.path_params["token"] != self._state.token:
            return _respond(ApiError(401, "Unauthorized"))
        method: str = request.path_params["method"]
        arguments = await read_arguments(request)
        chat_id = arguments.chat_id_or_none()
        fault = self._faults.take(method, chat_id)
        answer: Json | ApiError | None
        if fault is None:
            answer = await self._perform(request, method, arguments)
        else:
            answer = await self._perform_faulty(request, method, arguments, fault)
        body = _body(answer)
        self._calls.add(method, chat_id, _logged(arguments), body, fault.kind if fault else None)
        if body is None:
            await _never(request)
        return _respond(answer)

    async def _perform(
        self, request: Request, method: str, arguments: Arguments
    ) -> Json | ApiError:
        name = method.lower()
        try:
            if name == "getupdates":
                return {"ok": True, "result": await self._polling.poll(request, arguments)}
            if name in self._webhook_methods:
                result, description = self._webhook_methods[name](arguments)
                extra = {"description": description} if description else {}
                return {"ok": True, "result": result, **extra}
            if name not in METHODS:
                raise ApiError(404, "Not Found: method not found")
            return {"ok": True, "result": METHODS[name](self._state, arguments)}
        except ApiError as error:
            return error

    async def _perform_faulty(
        self, request: Request, method: str, arguments: Arguments, fault: Fault
    ) -> Json | ApiError | None:
        if (error := fault.error()) is not None:
            return error
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return await self._perform(request, method, arguments)
        if fault.perform:
            await self._perform(request, method, arguments)
        return None

    async def download(self, request: Request) -> Response:
        """A file, at the path that getFile gave."""
        if request.path_params["token"] != self._state.token:
            return _respond(ApiError(401, "Unauthorized"))
        path = request.path_params["path"]
        for file in self._state.files.values():
            if file.path == path:
                return Response(file.content, media_type="application/octet-stream")
        return _respond(ApiError(404, "Not Found"))


async def read_arguments(request: Request) -> Arguments:
    """Query, form, multipart or JSON, as Telegram takes them."""
    values: Json = dict(request.query_params)
    files: dict[str, Upload] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "multipart/form-data":
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    mime = value.content_type or ""
                    files[name] = Upload(value.filename or name, mime, await value.read())
                else:
                    values[name] = value
    elif body := await request.body():
        values.update(_decoded(kind, body))
    return Arguments(values, files)


def _decoded(kind: str, body: bytes) -> Json:
    if kind != "application/json":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        values = json.loads(body)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _logged(arguments: Arguments) -> Json:
    """Arguments for the log: JSON read, of files only name and size."""
    logged = {
        name: value if name in _PLAIN else _readable(value)
        for name, value in arguments.values.items()
    }
    for name, file in arguments.files.items():
        logged[name] = {"file_name": file.name, "size": len(file.content)}
    return logged


def _readable(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _body(answer: Json | ApiError | None) -> Json | None:
    if not isinstance(answer, ApiError):
        return answer
    body: Json = {"ok": False, "error_code": answer.code, "description": answer.description}
    if answer.retry_after is not None:
        body["parameters"] = {"retry_after": answer.retry_after}
    return body


def _respond(answer: Json | ApiError | None) -> Response:
    if answer is None:
        return Response(status_code=504)
    return JSONResponse(_body(answer), answer.code if isinstance(answer, ApiError) else 200)


async def _never(request: Request) -> None:
    """Keep the line open until the caller gives up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
