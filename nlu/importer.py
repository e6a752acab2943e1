"""Rasa's training data, with the messages of the corpus (docs/corpus.md) as its examples.

Rasa would take the better part of a minute to read as many examples from YAML, and a second copy
in its own format would have to be kept in step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).resolve().parents[1]


class CorpusImporter(RasaFileImporter):
    """Rasa's own importer, and every message below the folder `corpus` with its intent."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        corpus: str = "data/nlu/train",
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._corpus = ROOT / corpus

    def get_nlu_data(self, language: str | None = "nl") -> TrainingData:
        """What Rasa's files hold, and the corpus."""
        examples = [Message.build(m["text"], m["intent"]) for m in messages(self._corpus)]
        return super().get_nlu_data(language).merge(TrainingData(examples))


def messages(folder: Path) -> Iterator[dict[str, Any]]:
    """Every message of a file or below a folder. Raises FileNotFoundError when there is none."""
    files = sorted(folder.rglob("*.jsonl")) if folder.is_dir() else [folder]
    if not files:
        raise FileNotFoundError(f"{folder} holds no messages (*.jsonl)")
    for file in files:
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())
