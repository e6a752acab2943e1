"""Made-up people for tests, made through the services."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.models import Chat, Coordinator, Helper, HelperKind, Resident
from bot.services import messages, residents, staff

PASSWORD = "een lang wachtwoord"


class People:
    """Each method makes one person and returns it, detached from its session."""

    def __init__(self, sessions: sessionmaker[Session], municipality: str = "Waterrijk") -> None:
        self.sessions = sessions
        self.municipality = municipality

    def _municipality_id(self, session: Session) -> int:
        return residents.municipality_named(session, self.municipality).id

    def invited(self, name: str = "Riet Bakker") -> tuple[Resident, str]:
        """A resident who has not opened the link yet, and the token of the link."""
        with self.sessions.begin() as session:
            resident = residents.register(
                session, self._municipality_id(session), name, clock.now(), phone="06 12345678"
            )
            return resident, residents.invite(session, resident, clock.now())

    def resident(
        self, telegram_id: int, name: str = "Riet Bakker", now: datetime | None = None
    ) -> Resident:
        """A resident who takes part: consented, check-ins at 10:00 every day."""
        moment = now or clock.now()
        with self.sessions.begin() as session:
            resident = residents.register(
                session,
                self._municipality_id(session),
                name,
                moment,
                phone="06 12345678",
                weekdays=range(7),
            )
            resident.chat_id = messages.chat_of(session, telegram_id, moment).id
            residents.give_consent(session, resident, True, None, moment)
            residents.choose_time(session, resident, time(10), moment)
            return resident

    def helper(self, telegram_id: int | None, name: str = "Anja de Wit") -> Helper:
        with self.sessions.begin() as session:
            helper = staff.add_helper(
                session, self._municipality_id(session), name, HelperKind.VOLUNTEER, clock.now()
            )
            if telegram_id is not None:
                helper.chat_id = messages.chat_of(session, telegram_id, clock.now()).id
            return helper

    def coordinator(
        self, email: str = "joke@waterrijk.example", telegram_id: int | None = None
    ) -> Coordinator:
        with self.sessions.begin() as session:
            coordinator = staff.add_coordinator(
                session, self._municipality_id(session), "Joke Visser", email, PASSWORD, clock.now()
            )
            if telegram_id is not None:
                coordinator.chat_id = messages.chat_of(session, telegram_id, clock.now()).id
            return coordinator

    def get(self, kind: type[Resident], id_: UUID) -> Resident:
        with self.sessions() as session:
            return session.get_one(kind, id_)

    def chat(self, telegram_id: int) -> Chat:
        with self.sessions.begin() as session:
            return messages.chat_of(session, telegram_id, clock.now())
