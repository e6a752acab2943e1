"""Invitation links: made by a form, shown on the next page, and there once.

The token travels from the one to the other in a cookie that lives for a minute: an address with the
token in it would stay in the browser's history.
"""

from fastapi import Request
from fastapi.responses import Response

from bot.console.deps import Desk, to
from bot.console.links import invitation_link
from bot.console.security import cookie_name, delete_cookie, set_cookie
from bot.models import Coordinator, Helper, Resident
from bot.services import residents

COOKIE = "praatje-link"
SECONDS = 60


def make(desk: Desk, person: Resident | Helper | Coordinator, path: str, notice: str) -> Response:
    """A new link for a person, shown on the page at `path`."""
    desk.session.flush()
    token = residents.invite(desk.session, person, desk.now, desk.actor)
    response = to(path, notice)
    set_cookie(response, COOKIE, f"{_owner(path)}.{token}", SECONDS)
    return response


def _owner(path: str) -> str:
    """What ties a token to the page it is for, in letters that a cookie may have."""
    return path.strip("/").replace("/", "_")


def link_to_show(request: Request) -> str | None:
    """The link that was just made for this page."""
    owner, _, token = request.cookies.get(cookie_name(COOKIE), "").partition(".")
    return invitation_link(token) if token and owner == _owner(request.url.path) else None


def shown(response: Response) -> Response:
    """The page, after which the link is gone."""
    delete_cookie(response, COOKIE)
    return response
