"""Every Dutch word for what the database calls something; a test holds the lists complete."""

from bot.models import (
    AddressForm,
    CaseReason,
    CaseState,
    CheckInState,
    FindingKind,
    HandoverState,
    HelperKind,
    MessageKind,
    Outcome,
    ResidentStatus,
    SendState,
    Verdict,
)
from bot.services.cases import LEVEL_NL
from bot.understanding.labels import DANGER, LONELINESS, Level, Signal

LEVEL = {level: word.capitalize() for level, word in LEVEL_NL.items()}
LEVEL_HINT = {
    Level.CRISIS: "Er kan direct gevaar zijn. Kijk nu.",
    Level.URGENT: "Iemand heeft snel een mens nodig.",
    Level.CONCERN: "Er zijn tekenen van eenzaamheid.",
    Level.NONE: "Er is iets te doen, zonder zorgelijk bericht.",
}

REASON = {
    CaseReason.SIGNALS: "Zorgelijk bericht",
    CaseReason.ASK_HUMAN: "Wil met een mens praten",
    CaseReason.ASK_ACTIVITY: "Zoekt iets te doen of mensen om te ontmoeten",
    CaseReason.ASK_PRACTICAL_HELP: "Vraagt praktische hulp",
    CaseReason.CHANGE_SCHEDULE: "Wil een andere tijd voor de check-ins",
    CaseReason.DELETE_DATA: "Wil gegevens zien of laten wissen",
    CaseReason.OFFER_VOLUNTEERING: "Wil zelf anderen helpen",
    CaseReason.COMPLAIN: "Heeft een klacht",
    CaseReason.REPORT_OTHER: "Maakt zich zorgen om iemand anders",
    CaseReason.UNANSWERED: "Praatje kon niet goed antwoorden",
    CaseReason.BLOCKED: "Heeft Praatje geblokkeerd of is weg bij Telegram",
    CaseReason.SILENCE: "Antwoordt niet meer",
    CaseReason.MEDIA: "Stuurde een foto, spraakbericht of bestand",
}

CASE_STATE = {
    CaseState.OPEN: "Nog bij niemand",
    CaseState.OFFERED: "Gevraagd aan een helper",
    CaseState.ACCEPTED: "Opgepakt door een helper",
    CaseState.CLOSED: "Afgesloten",
}

HANDOVER_STATE = {
    HandoverState.OFFERED: "gevraagd, nog geen antwoord",
    HandoverState.ACCEPTED: "opgepakt",
    HandoverState.DECLINED: "kon niet",
    HandoverState.WITHDRAWN: "teruggenomen",
    HandoverState.CLOSED: "klaar",
}

OUTCOME = {
    Outcome.SPOKEN: "Gesproken",
    Outcome.VISITED: "Bezocht",
    Outcome.NO_ANSWER: "Geen gehoor",
    Outcome.REFERRED: "Doorverwezen",
    Outcome.NO_ACTION: "Geen actie nodig",
}

VERDICT = {
    Verdict.RIGHT: "Terecht",
    Verdict.WRONG: "Onterecht",
    Verdict.TOO_LOW: "Te laag",
}
VERDICT_HINT = {
    Verdict.RIGHT: "De inschatting klopte.",
    Verdict.WRONG: "Er was niets aan de hand, of veel minder.",
    Verdict.TOO_LOW: "Het was ernstiger dan Praatje dacht.",
}

SIGNAL = {
    Signal.LONELY_EXPLICIT: "noemt zich eenzaam of alleen",
    Signal.EMOTIONAL: "mist een hechte band",
    Signal.SOCIAL: "mist mensen om zich heen",
    Signal.EXISTENTIAL: "mist zin of een plek in de wereld",
    Signal.BEREAVEMENT: "rouw",
    Signal.SEPARATION: "scheiding",
    Signal.ILLNESS: "ziekte of beperking",
    Signal.CAREGIVING: "zorg voor een ander",
    Signal.RELOCATION: "verhuizing",
    Signal.WORK_LOSS: "geen werk meer",
    Signal.MONEY: "geldzorgen",
    Signal.FAMILY_CONFLICT: "ruzie of breuk in de familie",
    Signal.LANGUAGE_BARRIER: "spreekt de taal niet goed",
    Signal.SELF_NEGLECT: "zorgt niet goed voor zichzelf",
    Signal.SUICIDE: "gedachten aan zelfmoord",
    Signal.ABUSE: "geweld, dwang of uitbuiting",
    Signal.MEDICAL_EMERGENCY: "medisch noodgeval",
    Signal.CONTACT: "had fijn contact",
    Signal.ACTIVITY: "deed iets wat goed deed",
}
SOURCE = {"rule": "regel", "model": "model"}
PROTECTIVE = {Signal.CONTACT, Signal.ACTIVITY}


TONES = ("danger", "lonely", "cause", "good")
"""The gravest first."""


FINDING_KIND = {
    FindingKind.SHOWN: "",
    FindingKind.DOUBT: "mogelijk",
    FindingKind.OTHER: "over iemand anders",
    FindingKind.URGENCY: "heeft haast",
}


def tone(signal: Signal | None) -> str:
    """The colour family of a signal, or of pressing words; what it is always stands beside it."""
    if signal is None:
        return "danger"
    if signal in DANGER or signal == Signal.SELF_NEGLECT:
        return "danger"
    if signal in LONELINESS:
        return "lonely"
    return "good" if signal in PROTECTIVE else "cause"


CHECK_IN_STATE = {
    CheckInState.DUE: "wordt gevraagd",
    CheckInState.SENT: "gevraagd, nog geen antwoord",
    CheckInState.ANSWERED: "bezig met antwoorden",
    CheckInState.COMPLETED: "beantwoord",
    CheckInState.MISSED: "geen antwoord",
    CheckInState.NOT_ASKED: "niet gevraagd",
}

SEND_STATE = {
    SendState.QUEUED: "staat klaar",
    SendState.SENDING: "wordt verstuurd",
    SendState.SENT: "verstuurd",
    SendState.FAILED: "niet aangekomen",
    SendState.UNKNOWN: "misschien niet aangekomen",
}

KIND = {
    MessageKind.TEXT: "Bericht",
    MessageKind.BUTTON: "Tikte op een knop",
    MessageKind.PHOTO: "Foto",
    MessageKind.VOICE: "Spraakbericht",
    MessageKind.AUDIO: "Geluid",
    MessageKind.VIDEO: "Video",
    MessageKind.VIDEO_NOTE: "Videoboodschap",
    MessageKind.ANIMATION: "Bewegend plaatje",
    MessageKind.STICKER: "Sticker",
    MessageKind.DOCUMENT: "Bestand",
    MessageKind.LOCATION: "Locatie",
    MessageKind.CONTACT: "Contactgegevens",
    MessageKind.OTHER: "Iets wat Praatje niet kent",
}

RESIDENT_STATUS = {
    ResidentStatus.STRANGER: "Niet aangemeld",
    ResidentStatus.INVITED: "Uitgenodigd",
    ResidentStatus.OPENED: "Link geopend, nog geen ja",
    ResidentStatus.ACTIVE: "Doet mee",
    ResidentStatus.PAUSED: "Pauze",
    ResidentStatus.REFUSED: "Wil niet meedoen",
    ResidentStatus.STOPPED: "Gestopt",
}

HELPER_KIND = {HelperKind.VOLUNTEER: "Vrijwilliger", HelperKind.PROFESSIONAL: "Professional"}
ADDRESS_FORM = {AddressForm.U: "u", AddressForm.JE: "je"}
WEEKDAY_SHORT = ("ma", "di", "wo", "do", "vr", "za", "zo")

ACTION = {
    "case.opened": "Melding geopend",
    "case.raised": "Melding is ernstiger geworden",
    "case.noted": "Notitie geschreven",
    "case.closed": "Melding afgesloten",
    "conversation.read": "Gesprek gelezen",
    "handover.offered": "Helper gevraagd",
    "handover.accepted": "Helper pakt het op",
    "handover.declined": "Helper kan niet",
    "handover.withdrawn": "Vraag aan helper teruggenomen",
    "handover.closed": "Overdracht klaar",
    "invitation.made": "Persoonlijke link gemaakt",
    "resident.registered": "Bewoner aangemeld",
    "resident.opened": "Uitnodiging geopend",
    "resident.paused": "Pauze begonnen",
    "resident.resumed": "Doet weer mee",
    "resident.stopped": "Gestopt met Praatje",
    "consent.given": "Toestemming gegeven",
    "consent.refused": "Toestemming geweigerd",
    "schedule.changed": "Tijd van de check-ins gekozen",
    "check_in.due": "Check-in staat klaar",
    "check_in.sent": "Check-in gevraagd",
    "check_in.answered": "Check-in: antwoord binnen",
    "check_in.completed": "Check-in beantwoord",
    "check_in.missed": "Check-in: geen antwoord",
    "check_in.not_asked": "Check-in niet gevraagd",
    "telegram.linked": "Telegram gekoppeld",
    "helper.added": "Helper toegevoegd",
    "coordinator.added": "Coördinator toegevoegd",
    "coordinator.logged_in": "Ingelogd",
    "coordinator.logged_out": "Uitgelogd",
}

NOTICE = {
    "gevraagd": "De helper krijgt nu een bericht. De naam van de bewoner staat daar niet in.",
    "teruggenomen": "De vraag is teruggenomen. De helper krijgt daar bericht van.",
    "notitie": "De notitie is bewaard.",
    "afgesloten": "De melding is afgesloten.",
    "aangemeld": "De bewoner is aangemeld.",
    "helper": "De helper is toegevoegd.",
    "link": "Er is een nieuwe link gemaakt.",
    "uitgelogd": "U bent uitgelogd.",
}
"""What a page says after a form, by the code in its address."""
