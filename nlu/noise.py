"""Messages as a hurried thumb, a plain typist or a dictating phone would have sent them."""

import random
import re
from collections.abc import Callable

SLIP_EVERY = 20
"""One typing error for so many letters: twice what people leave uncorrected on a telephone (2.3 %;
Palin et al. 2019, "How do people type on mobile devices?")."""
NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioiosdfghjkkxcvbnnn", strict=False))

Noise = Callable[[str, random.Random], str]


def keyboard(text: str, chance: random.Random) -> str:
    """Letters swapped, left out, doubled, or hit beside."""
    letters = list(text)
    for at in range(len(letters) - 1):
        if letters[at].isalpha() and chance.random() < 1 / SLIP_EVERY:
            _slip(letters, at, chance.randrange(4))
    return "".join(letters)


def _slip(letters: list[str], at: int, kind: int) -> None:
    if kind == 0:
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    elif kind == 1:
        letters[at] = ""
    elif kind == 2:
        letters[at] *= 2
    else:
        letters[at] = NEIGHBOURS.get(letters[at].lower(), letters[at])


def bare(text: str, _: random.Random) -> str:
    """No capitals and no punctuation."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def run_on(text: str, chance: random.Random) -> str:
    """As a phone writes what is dictated: sentences run into one another with a filler."""
    told = re.split(r"[.!?;,]+\s*", text.lower())
    fillers = [chance.choice((" en ", " dus ", " nou ", " ja ", " ")) for _ in told]
    joined = "".join(part + filler for part, filler in zip(told, fillers, strict=True))
    return " ".join(joined.split())


NOISES: dict[str, Noise] = {"keyboard": keyboard, "bare": bare, "run_on": run_on}
