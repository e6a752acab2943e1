"""What every answer of the console carries, the cookies, and where a form may come from."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.settings import get_settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_secure() -> bool:
    """Whether cookies travel over https only: always, but for http on this machine itself."""
    url = urlsplit(get_settings().console_url)
    return not (url.scheme == "http" and url.hostname in LOOPBACK)


def headers() -> dict[str, str]:
    """The security headers of every answer.

    The referrer stays on this site and is not left out altogether: with `no-referrer` browsers
    send `Origin: null` with our own forms, and their origin could not be checked.
    """
    always = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    if is_secure():
        always["Strict-Transport-Security"] = "max-age=31536000"
    return always


class SecurityHeaders:
    """ASGI middleware that adds the headers; pages with data are stored nowhere."""

    def __init__(self, app: ASGIApp, extra: Mapping[str, str]) -> None:
        self.app = app
        self.extra = extra

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        built = scope["path"].startswith(("/static/", "/assets/"))

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.update({**self.extra, "Cache-Control": "no-cache" if built else "no-store"})
            await send(message)

        await self.app(scope, receive, send_secured)


def cookie_name(name: str) -> str:
    """With the prefix that makes browsers insist on https, this host only and the whole site."""
    return f"__Host-{name}" if is_secure() else name


def set_cookie(response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """A cookie that scripts cannot read; without `seconds` it goes when the browser closes.

    `Lax` and not `Strict`: coordinators come in by the link in an alert, and with `Strict` they
    would have to log in again each time. What changes something is a POST with a token.
    """
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=seconds,
        httponly=True,
        secure=is_secure(),
        samesite="lax",
    )


def delete_cookie(response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(
        cookie_name(name), httponly=True, secure=is_secure(), samesite="lax", path="/"
    )


def same_origin(request: Request) -> bool:
    """Whether a form was sent by a page of ours, as far as the browser tells."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    ours = {request.headers.get("host"), urlsplit(get_settings().console_url).netloc}
    return origin is None or urlsplit(origin).netloc in ours
