"""Intents of messages, by a classifier trained on a share of the corpus, without Rasa around it.

`python -m nlu.predict --share 0.5 < MESSAGES > ANSWERS`: JSON lines with `text` in, with `intent`
and `confidence` out. For the learning curve; Rasa's own answers come from `praatje understand`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scipy.special import softmax

from nlu.classifier import fitted
from nlu.importer import ROOT, messages


def main() -> None:
    """Train, then answer every line."""
    parser = argparse.ArgumentParser(description=__doc__, prog="nlu.predict")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "nlu" / "train")
    parser.add_argument("--share", type=float, default=1.0, help="of the voices, 0 to 1")
    given = parser.parse_args()
    known = list(messages(given.corpus))
    voices = sorted({said["voice"] for said in known})
    # Every n-th voice, so that all subjects keep their share.
    taken = {voice for at, voice in enumerate(voices) if (at * given.share) % 1 < given.share}
    known = [said for said in known if said["voice"] in taken]
    machine, factor = fitted([s["text"] for s in known], [s["intent"] for s in known])
    texts = [json.loads(line)["text"] for line in sys.stdin]
    chances = softmax(factor * machine.decision_function(texts), axis=1)
    for row in chances:
        at = int(row.argmax())
        answer = {"intent": str(machine.classes_[at]), "confidence": float(row[at])}
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
