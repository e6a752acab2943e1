"""Hand-overs: a case offered to a helper, answered on Telegram; the resident is told."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.dialogue import Choice
from bot.errors import Conflict
from bot.models import (
    Case,
    CaseReason,
    CaseState,
    Coordinator,
    Handover,
    HandoverState,
    Helper,
    HelperKind,
    Purpose,
)
from bot.services import audit, cases, messages
from bot.services.audit import Actor
from bot.services.texts import render, spoken_moment

OPEN = (HandoverState.OFFERED, HandoverState.ACCEPTED)
KIND_NL = {HelperKind.VOLUNTEER: "vrijwilliger", HelperKind.PROFESSIONAL: "professional"}
WHY_NL = {
    CaseReason.SIGNALS: "een gesprek, want er zijn zorgen",
    CaseReason.ASK_HUMAN: "een gesprek, de bewoner vroeg er zelf om",
    CaseReason.ASK_ACTIVITY: "iets te doen of mensen ontmoeten",
    CaseReason.ASK_PRACTICAL_HELP: "praktische hulp",
    CaseReason.CHANGE_SCHEDULE: "een andere tijd voor de check-ins",
    CaseReason.DELETE_DATA: "een vraag over gegevens",
    CaseReason.OFFER_VOLUNTEERING: "iemand die zelf wil helpen",
    CaseReason.COMPLAIN: "een klacht",
    CaseReason.REPORT_OTHER: "zorgen over iemand anders",
    CaseReason.UNANSWERED: "een bericht zonder antwoord",
    CaseReason.BLOCKED: "iemand die niet meer bereikbaar is",
    CaseReason.SILENCE: "iemand die niet meer antwoordt",
    CaseReason.MEDIA: "een foto, spraakbericht of bestand",
}


def get_open(session: Session, case: Case) -> Handover | None:
    """The hand-over of a case that is offered or accepted."""
    return session.scalar(
        select(Handover).where(Handover.case_id == case.id, Handover.state.in_(OPEN))
    )


def offer(
    session: Session, coordinator: Coordinator, case: Case, helper: Helper, now: datetime
) -> Handover:
    """Offer a case to a helper, by Telegram, without the resident's name (row V6).

    Raises Conflict when the case is closed, already with somebody, or the helper is out of reach.
    """
    session.refresh(case, with_for_update=True)
    if case.closed_at is not None:
        raise Conflict("Deze melding is al afgesloten.")
    if (current := get_open(session, case)) is not None:
        raise Conflict(f"{current.helper.name} is hier al voor gevraagd. Neem dat eerst terug.")
    if helper.chat is None or helper.chat.blocked_at is not None:
        raise Conflict(f"{helper.name} is nog niet te bereiken op Telegram. Kies iemand anders.")
    handover = Handover(
        case_id=case.id, helper_id=helper.id, offered_by_id=coordinator.id, offered_at=now
    )
    session.add(handover)
    session.flush()
    case.state = CaseState.OFFERED
    municipality = case.resident.municipality
    messages.queue_message(
        session,
        helper.chat,
        render(
            "handover.offer",
            municipality=municipality.name,
            why="; ".join(WHY_NL[reason] for reason in cases.reasons(case.causes)),
            deadline=spoken_moment(case.deadline_at, municipality.time_zone),
        ),
        Purpose.HANDOVER,
        now,
        choices=(
            Choice(render("handover.accept"), f"handover:accept:{handover.id}"),
            Choice(render("handover.decline"), f"handover:decline:{handover.id}"),
        ),
    )
    audit.record(
        session, Actor.of(coordinator), "handover.offered", handover, now, helper=helper.id
    )
    return handover


def answer(
    session: Session, helper: Helper, handover_id: int, accepted: bool, now: datetime
) -> None:
    """A helper's yes or no. Late or second answers get a friendly line and change nothing."""
    state = HandoverState.ACCEPTED if accepted else HandoverState.DECLINED
    # The case first, as whoever offers, withdraws or closes does: no two wait for each other.
    of_case = select(Handover.case_id).where(Handover.id == handover_id).scalar_subquery()
    session.execute(select(Case.id).where(Case.id == of_case).with_for_update())
    won = session.scalar(
        update(Handover)
        .where(
            Handover.id == handover_id,
            Handover.helper_id == helper.id,
            Handover.state == HandoverState.OFFERED,
        )
        .values(state=state, answered_at=now)
        .returning(Handover.id)
    )
    if won is None:
        _tell_helper(session, helper, render("handover.gone_helper"), now)
        return
    handover = session.get_one(Handover, handover_id, populate_existing=True)
    audit.record(session, Actor.of(helper), f"handover.{state.value}", handover, now)
    if accepted:
        _accepted(session, handover, now)
    else:
        _declined(session, handover, now)


def _accepted(session: Session, handover: Handover, now: datetime) -> None:
    case, helper = handover.case, handover.helper
    resident = case.resident
    case.state = CaseState.ACCEPTED
    told = render(
        "handover.accepted_helper",
        resident=resident.name,
        phone=resident.phone or "de coördinator (er is geen telefoonnummer bekend)",
    )
    _tell_helper(session, helper, told, now)
    if resident.chat is not None and resident.chat.blocked_at is None:
        text = render(
            "handover.accepted_resident",
            resident.address_form,
            helper=helper.name,
            kind=KIND_NL[helper.kind],
        )
        messages.queue_message(session, resident.chat, text, Purpose.HANDOVER, now)
        handover.resident_told = True
    _tell_offerer(session, handover, "handover.accepted_coordinator", now)


def _declined(session: Session, handover: Handover, now: datetime) -> None:
    handover.case.state = CaseState.OPEN
    handover.closed_at = now
    _tell_helper(session, handover.helper, render("handover.declined_helper"), now)
    _tell_offerer(session, handover, "handover.declined_coordinator", now)


def withdraw(session: Session, coordinator: Coordinator, case: Case, now: datetime) -> None:
    """Take a case back from the helper who has it. Raises Conflict if nobody has."""
    session.refresh(case, with_for_update=True)
    handover = get_open(session, case)
    if handover is None:
        raise Conflict("Er is nu niemand gevraagd voor deze melding.")
    end(handover, HandoverState.WITHDRAWN, now)
    case.state = CaseState.OPEN
    _tell_helper(session, handover.helper, render("handover.withdrawn_helper"), now)
    audit.record(session, Actor.of(coordinator), "handover.withdrawn", handover, now)


def end(handover: Handover, state: HandoverState, now: datetime) -> None:
    """Put a hand-over in a final state."""
    handover.state, handover.closed_at = state, now


def _tell_helper(session: Session, helper: Helper, text: str, now: datetime) -> None:
    if helper.chat is not None:
        messages.queue_message(session, helper.chat, text, Purpose.HANDOVER, now)


def _tell_offerer(session: Session, handover: Handover, key: str, now: datetime) -> None:
    offerer = session.get_one(Coordinator, handover.offered_by_id)
    if not offerer.active:
        return
    body = render(
        key,
        case=handover.case_id,
        helper=handover.helper.name,
        url=cases.case_url(handover.case),
    )
    staff_subject = render("alert.subject", case=handover.case_id, level="hand-over")
    cases.tell_coordinator(session, offerer, staff_subject, body, handover.case, now)
