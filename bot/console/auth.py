"""Logging in and out."""

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot import clock
from bot.console.deps import COOKIE, TextField, Writing, same, to
from bot.console.security import cookie_name, delete_cookie, same_origin, set_cookie
from bot.db import keyed_hash
from bot.services import log_in, staff

router = APIRouter()
BEFORE = "praatje-inloggen"
"""A cookie that ties the log-in form to this browser: nobody can log you in as somebody else."""
HOME = "/meldingen"


def _form_token(browser: str) -> str:
    return keyed_hash(f"log-in-form:{browser}")


def _inside(path: str) -> str:
    """`path` if it is a page of ours, else the home page: a log-in never leads elsewhere."""
    return path if re.fullmatch(r"/[a-z]+(/[a-z0-9-]+)*", path) else HOME


def _form(
    request: Request, status: int = 200, *, email: str = "", then: str = "", problem: str = ""
) -> Response:
    browser = request.cookies.get(cookie_name(BEFORE)) or secrets.token_urlsafe(24)
    context = {
        "csrf": _form_token(browser),
        "email": email,
        "then": then,
        "problem": problem,
        "logged_out": request.query_params.get("bericht") == "uitgelogd",
    }
    response: Response = request.app.state.templates.TemplateResponse(
        request, "log_in.html", context, status_code=status
    )
    set_cookie(response, BEFORE, browser, seconds=3600)
    return response


@router.get("/inloggen")
def show(request: Request, verder: str = "") -> Response:
    """The form to log in."""
    return _form(request, then=_inside(verder))


@router.post("/inloggen")
def submit(
    request: Request,
    email: TextField = "",
    password: Annotated[str, Form(alias="wachtwoord")] = "",
    then: Annotated[str, Form(alias="verder")] = "",
    csrf: TextField = "",
) -> Response:
    """Check a log-in. No transaction is open while the password is checked, for that takes long."""
    browser = request.cookies.get(cookie_name(BEFORE), "")
    if not browser or not same_origin(request) or not same(csrf, _form_token(browser)):
        problem = "Deze pagina was verlopen. Probeer het nog een keer."
        return _form(request, 403, email=email, then=_inside(then), problem=problem)
    now = clock.real_now()
    address = request.client.host if request.client else ""
    sessions = request.app.state.sessions
    with sessions.begin() as session:
        attempt = log_in.begin_attempt(session, email, address, now)
        coordinator = staff.coordinator_by_email(session, email)
    if attempt is None:
        problem = "Er is te vaak geprobeerd in te loggen. Wacht een kwartier en probeer het dan."
        response = _form(request, 429, email=email, then=_inside(then), problem=problem)
        response.headers["Retry-After"] = str(int(log_in.WINDOW.total_seconds()))
        return response
    if not log_in.password_fits(coordinator, password) or coordinator is None:
        problem = "Het e-mailadres of het wachtwoord klopt niet."
        return _form(request, 401, email=email, then=_inside(then), problem=problem)
    with sessions.begin() as session:
        log_in.forget(session, request.cookies.get(cookie_name(COOKIE), ""))
        token = log_in.open_session(session, coordinator.id, password, attempt, now)
    response = to(_inside(then))
    set_cookie(response, COOKIE, token)
    delete_cookie(response, BEFORE)
    return response


@router.post("/uitloggen")
def leave(desk: Writing) -> Response:
    """End the log-in."""
    log_in.log_out(desk.session, desk.log_in, clock.real_now())
    response = to("/inloggen", "uitgelogd")
    delete_cookie(response, COOKIE)
    return response
