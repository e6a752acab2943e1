"""The list of cases: what has to be looked at first, live."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from bot.console import words
from bot.console.deps import AtDesk, AtDeskIdle, Desk, to
from bot.models import Case, Handover
from bot.services import cases, handovers, review

router = APIRouter()
PAGE = 25
FIGURES_OVER = timedelta(days=30)

PageNumber = Annotated[int, Query(alias="pagina", ge=1, le=100_000)]
Closed = Annotated[bool, Query(alias="afgesloten")]


@router.get("/")
def home(desk: AtDesk) -> Response:  # noqa: ARG001  (asks for a log-in)
    """The cases are the home page."""
    return to("/meldingen")


@router.get("/meldingen")
def show(desk: AtDesk, page: PageNumber = 1, closed: Closed = False) -> Response:
    """The page with the list."""
    return desk.page("cases.html", **_list(desk, page, closed=closed))


@router.get("/meldingen/lijst")
def show_list(desk: AtDeskIdle, page: PageNumber = 1, closed: Closed = False) -> Response:
    """The list alone, for a page that stands open. It keeps nobody logged in."""
    return desk.page("case_list.html", **_list(desk, page, closed=closed))


def _list(desk: Desk, page: int, *, closed: bool) -> dict[str, Any]:
    found = cases.list_cases(
        desk.session, desk.actor, closed=closed, offset=(page - 1) * PAGE, limit=PAGE
    )
    return {
        "cases": found.cases,
        "closed": closed,
        "page": page,
        "pages": max(1, -(-found.total // PAGE)),
        "counts": review.count_cases(desk.session, desk.actor, desk.now),
        "reasons": {case.id: cases.reasons(case.causes) for case in found.cases},
        "signals": {
            case_id: sorted(each, key=lambda signal: words.TONES.index(words.tone(signal)))
            for case_id, each in review.signals_of(desk.session, found.cases).items()
        },
        "read": review.read_since_raised(desk.session, found.cases),
        "standing": {case.id: standing(case) for case in found.cases},
        "figures": closed and review.figures(desk.session, desk.actor, desk.now - FIGURES_OVER),
    }


def standing(case: Case) -> Handover | None:
    """The hand-over of a case that is offered or accepted."""
    return next((each for each in case.handovers if each.state in handovers.OPEN), None)
