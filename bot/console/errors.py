"""Errors of the domain and of HTTP as Dutch pages, mapped here and nowhere else."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from bot.console import security
from bot.console.deps import LoggedOut
from bot.errors import Conflict, Invalid, NotFound

TEXTS = {
    400: (
        "Dat kan niet",
        "Er klopt iets niet in wat is ingevuld. Ga terug en probeer het opnieuw.",
    ),
    403: (
        "Dit mag niet, of de pagina was verlopen",
        "Ga terug, vernieuw de pagina en probeer het nog een keer.",
    ),
    404: (
        "Deze pagina is niet gevonden",
        "Misschien is de link niet compleet, of hoort dit niet bij uw gemeente.",
    ),
    405: ("Dat kan hier niet", "Ga terug naar de meldingen."),
    409: ("Dit kan nu niet", "Iemand anders was u voor. Vernieuw de pagina."),
    500: (
        "Er ging iets mis",
        "Het ligt niet aan u. Probeer het over een minuut opnieuw. "
        "Blijft het misgaan? Vraag het de beheerder.",
    ),
}


def register(app: FastAPI) -> None:
    """Have the app answer errors with Dutch pages."""
    app.add_exception_handler(LoggedOut, to_log_in)
    app.add_exception_handler(NotFound, not_found)
    app.add_exception_handler(RequestValidationError, not_found)
    app.add_exception_handler(Conflict, refused)
    app.add_exception_handler(Invalid, refused)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(Exception, broken)


def _page(request: Request, status: int, text: str = "") -> Response:
    title, usual = TEXTS.get(status, TEXTS[400 if status < 500 else 500])
    context = {"title": title, "text": text or usual}
    response: Response = request.app.state.templates.TemplateResponse(
        request, "error.html", context, status_code=status
    )
    return response


def to_log_in(request: Request, _error: Exception) -> Response:
    """Log in first, then go on to the page that was asked for."""
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/inloggen"})
    then = quote(request.url.path) if request.method == "GET" else ""
    return RedirectResponse(f"/inloggen?verder={then}" if then else "/inloggen", 303)


def not_found(request: Request, _error: Exception) -> Response:
    """The same page for what is not there and for what is another municipality's."""
    return _page(request, 404)


def refused(request: Request, error: Exception) -> Response:
    """Somebody else was first, or what was filled in cannot be right."""
    return _page(request, 409 if isinstance(error, Conflict) else 400, str(error))


def by_status(request: Request, error: Exception) -> Response:
    """What FastAPI itself refuses."""
    assert isinstance(error, HTTPException)
    return _page(request, error.status_code)


def broken(request: Request, _error: Exception) -> Response:
    """Anything else; the server logs it. This answer passes by the middleware."""
    response = _page(request, 500)
    response.headers.update({**security.headers(), "Cache-Control": "no-store"})
    return response
