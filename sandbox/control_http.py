"""What every control endpoint shares: JSON in, JSON out, refusals as `{"error": ...}`."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.errors import ControlError
from sandbox.model import Json

Handler = Callable[[Request, Json], Awaitable[Any]]


def route(path: str, handler: Handler, method: str = "POST") -> Route:
    """A control endpoint: `handler(request, body)` answers what becomes JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            body = {} if method == "GET" else await _body(request)
            return JSONResponse(await handler(request, body))
        except ControlError as error:
            return JSONResponse({"error": str(error)}, error.status)

    return Route(f"/control{path}", endpoint, methods=[method])


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        # A page elsewhere on the web can send an empty POST, but not with this type or DELETE.
        if request.method == "POST" and not _is_json(request):
            raise ControlError("Content-Type must be application/json", 415)
        return {}
    if not _is_json(request):
        raise ControlError("Content-Type must be application/json", 415)
    try:
        body = json.loads(raw)
    except ValueError:
        raise ControlError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    return body


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.partition(";")[0].strip() == "application/json"


def needed(body: Json, name: str, kind: type | tuple[type, ...]) -> Any:
    """A field that must be there with the right type."""
    value = body.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ControlError(f"{name} is missing or has the wrong type")
    return value


def optional(body: Json, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
    """A field that may be absent or null, but not of another type."""
    return default if body.get(name) is None else needed(body, name, kind)


def content(body: Json) -> bytes | None:
    """The file in `content_base64`, if any."""
    encoded = body.get("content_base64")
    if not encoded:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ControlError("content_base64 is not base64") from None


def query_int(request: Request, name: str) -> int | None:
    """A whole number in the query string."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError:
        raise ControlError(f"{name} must be a whole number") from None


def query_seconds(request: Request, default: float = 10.0) -> float:
    """`timeout` in the query string, at most two minutes."""
    text = request.query_params.get("timeout")
    try:
        return min(float(text), 120.0) if text else default
    except ValueError:
        raise ControlError("timeout must be a number of seconds") from None
