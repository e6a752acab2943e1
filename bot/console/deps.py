"""What every page needs: a transaction, the coordinator who is logged in, and a way to render."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from bot import clock
from bot.console import words
from bot.console.security import cookie_name, same_origin
from bot.models import ConsoleSession, Coordinator
from bot.services import log_in
from bot.services.audit import Actor

COOKIE = "praatje"
LARGEST_ID = 2**63 - 1
"""Ids are `bigint`: a larger number in an address is no page, and no error of ours."""


class LoggedOut(Exception):
    """Nobody is logged in, or not any more."""


def database(request: Request) -> Iterator[Session]:
    """One transaction per request. With scope="function" it is committed before the answer goes."""
    with request.app.state.sessions.begin() as session:
        yield session


Database = Annotated[Session, Depends(database, scope="function")]


@dataclass(frozen=True, slots=True)
class Desk:
    """A coordinator at work: request, transaction, log-in and the moment."""

    request: Request
    session: Session
    log_in: ConsoleSession
    now: datetime

    @property
    def coordinator(self) -> Coordinator:
        return self.log_in.coordinator

    @property
    def actor(self) -> Actor:
        return Actor.of(self.coordinator)

    @property
    def zone(self) -> str:
        return self.coordinator.municipality.time_zone

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """A rendered template; `?bericht=code` in the address gives its fixed text on top."""
        shown = {
            "coordinator": self.coordinator,
            "csrf": self.log_in.csrf_token,
            "now": self.now,
            "zone": self.zone,
            "notice": words.NOTICE.get(self.request.query_params.get("bericht", "")),
        }
        response: Response = self.request.app.state.templates.TemplateResponse(
            self.request, template, shown | context, status_code=status
        )
        return response


def to(path: str, notice: str = "") -> RedirectResponse:
    """Go on to a page of ours after a form, so that reloading it sends nothing twice."""
    return RedirectResponse(f"{path}?bericht={quote(notice)}" if notice else path, 303)


def _desk(request: Request, session: Session, *, active: bool) -> Desk:
    token = request.cookies.get(cookie_name(COOKIE), "")
    row = log_in.get_session(session, token, clock.real_now(), active=active) if token else None
    if row is None:
        raise LoggedOut
    return Desk(request, session, row, clock.now())


def at_desk(request: Request, session: Database) -> Desk:
    """The coordinator who asks. Raises LoggedOut."""
    return _desk(request, session, active=True)


def at_desk_idle(request: Request, session: Database) -> Desk:
    """The same for what a page asks by itself, which keeps nobody logged in."""
    return _desk(request, session, active=False)


AtDesk = Annotated[Desk, Depends(at_desk)]
AtDeskIdle = Annotated[Desk, Depends(at_desk_idle)]


def writing(desk: AtDesk, csrf: Annotated[str, Form()] = "") -> Desk:
    """The coordinator who sends a form, if the form is from a page of ours. Raises 403."""
    if not same_origin(desk.request) or not same(csrf, desk.log_in.csrf_token):
        raise HTTPException(403)
    return desk


Writing = Annotated[Desk, Depends(writing)]
TextField = Annotated[str, Form()]


def same(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())
