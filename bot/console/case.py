"""One case: who, why, the conversation, and the forms with which a coordinator acts on it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bot.console import words
from bot.console.cases import standing
from bot.console.deps import LARGEST_ID, AtDesk, AtDeskIdle, Desk, Writing, to
from bot.console.story import numbers_sent, reasons_with_words, story, told_history
from bot.errors import Conflict, Invalid
from bot.models import Case, Outcome, Verdict
from bot.services import cases, handovers, review, staff

router = APIRouter(prefix="/meldingen/{case_id:int}")
LATEST, ALL = 40, 2000

CaseId = Annotated[int, Path(le=LARGEST_ID)]


@router.get("")
def show(
    desk: AtDesk, case_id: CaseId, everything: Annotated[bool, Query(alias="alles")] = False
) -> Response:
    """The page of a case. Opening it is written down (row V7)."""
    case = cases.access_case(desk.session, desk.actor, case_id)
    return _page(desk, case, limit=ALL if everything else LATEST)


def _page(
    desk: Desk,
    case: Case,
    status: int = 200,
    *,
    limit: int = LATEST,
    problem: str = "",
    note: str = "",
    closing: dict[str, str] | None = None,
) -> Response:
    """The page, perhaps with what went wrong with a form and what had been filled in."""
    session = desk.session
    cases.record_reading(session, desk.actor, case, desk.now)
    session.flush()
    entries = review.history(session, case)
    names = review.actors(session, entries)
    conversation = cases.conversation_of(session, case, limit + 1)
    return desk.page(
        "case.html",
        status,
        case=case,
        resident=case.resident,
        why=reasons_with_words(case),
        numbers_sent=numbers_sent(conversation),
        story=story(conversation[-limit:], entries, names),
        more=len(conversation) > limit,
        history=told_history(entries, names),
        standing=standing(case),
        helpers=staff.list_helpers(session, desk.coordinator.municipality_id),
        load=review.helper_load(session, desk.actor),
        check_ins=review.recent_check_ins(session, case.resident_id, desk.now),
        stamp=review.stamp(session, case),
        problem=problem,
        note=note,
        closing=closing or {},
    )


@router.get("/stand")
def show_changes(
    desk: AtDeskIdle, case_id: CaseId, since: Annotated[str, Query(alias="sinds")] = ""
) -> Response:
    """A line that says so when something changed since the page was made, else nothing."""
    case = cases.access_case(desk.session, desk.actor, case_id)
    if review.stamp(desk.session, case) == since:
        return Response(status_code=204)
    return desk.page("case_changed.html", case=case)


def _act(desk: Desk, case_id: int, act: Callable[[Case], object], done: str) -> Response:
    """Do something with a case and go back to it; what is refused is said on the page itself."""
    case = cases.access_case(desk.session, desk.actor, case_id)
    try:
        with desk.session.begin_nested():
            act(case)
    except Conflict as error:
        return _page(desk, case, 409, problem=str(error))
    return to(f"/meldingen/{case_id}", done)


@router.post("/vragen")
def offer(
    desk: Writing, case_id: CaseId, helper_id: Annotated[str, Form(alias="helper")] = ""
) -> Response:
    """Ask a helper to take the case up."""
    chosen = int(helper_id) if helper_id.isdecimal() and int(helper_id) <= LARGEST_ID else 0

    def act(case: Case) -> None:
        if not chosen:
            raise Conflict("Kies eerst wie u wilt vragen.")
        helper = staff.access_helper(desk.session, desk.actor, chosen)
        handovers.offer(desk.session, desk.coordinator, case, helper, desk.now)

    return _act(desk, case_id, act, "gevraagd")


@router.post("/terugnemen")
def withdraw(desk: Writing, case_id: CaseId) -> Response:
    """Take the case back from a helper."""
    return _act(
        desk,
        case_id,
        lambda case: handovers.withdraw(desk.session, desk.coordinator, case, desk.now),
        "teruggenomen",
    )


@router.post("/notitie")
def add_note(
    desk: Writing, case_id: CaseId, text: Annotated[str, Form(alias="notitie")] = ""
) -> Response:
    """Write a note."""
    case = cases.access_case(desk.session, desk.actor, case_id)
    try:
        cases.add_note(desk.session, desk.coordinator, case, text.replace("\x00", ""), desk.now)
    except Invalid as error:
        return _page(desk, case, 400, note=str(error))
    return to(f"/meldingen/{case_id}", "notitie")


@router.post("/afsluiten")
def close(
    desk: Writing,
    case_id: CaseId,
    outcome: Annotated[str, Form(alias="uitkomst")] = "",
    verdict: Annotated[str, Form(alias="oordeel")] = "",
) -> Response:
    """Close the case; what came of it and whether its level was right are both needed."""
    filled = {"outcome": outcome, "verdict": verdict}
    if outcome not in words.OUTCOME or verdict not in words.VERDICT:
        case = cases.access_case(desk.session, desk.actor, case_id)
        return _page(desk, case, 400, closing={**filled, "tried": "yes"})

    def act(case: Case) -> None:
        cases.close(
            desk.session, desk.coordinator, case, Outcome(outcome), Verdict(verdict), desk.now
        )

    return _act(desk, case_id, act, "afgesloten")
