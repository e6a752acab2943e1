"""The few errors of the domain; each edge maps them once to what a person sees."""


class PraatjeError(Exception):
    """Base of all errors that a person can do something about."""


class ConfigurationError(PraatjeError):
    """A setting or the machine is not as it has to be; the text says what to do, in English."""


class NotFound(PraatjeError):
    """What was asked for does not exist, or not for this person."""


class Conflict(PraatjeError):
    """Somebody else was first, or the state has moved on; the text is Dutch and may be shown."""


class Invalid(PraatjeError):
    """What was filled in cannot be right; the text is Dutch and may be shown."""


class RasaUnavailable(PraatjeError):
    """Rasa gave no usable answer: refused, timed out, an error, or an empty list."""
