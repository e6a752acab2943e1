"""Which intent a message has: a linear support vector machine on words and pieces of words.

Chosen by measurement over what Rasa ships; the figures are in docs/understanding.md.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from nlu.noise import keyboard

logger = logging.getLogger(__name__)

Fitted = tuple[Pipeline, float]

WORDS = r"(?u)\w+|[?!]"
PENALTY = 0.2
FOLDS = 3
RANKED = 10
FILE = "svm.joblib"


def untrained(penalty: float) -> Pipeline:
    """Text in, one margin per intent out. `penalty` is the C of the machine: less is smoother."""
    shared = {"strip_accents": "unicode", "sublinear_tf": True, "min_df": 2, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORDS, **shared)
    pieces = TfidfVectorizer(ngram_range=(2, 5), analyzer="char_wb", **shared)
    both = FeatureUnion([("words", words), ("pieces", pieces)])
    return make_pipeline(both, LinearSVC(C=penalty, random_state=0))


def fitted(texts: Sequence[str], intents: Sequence[str], penalty: float = PENALTY) -> Fitted:
    """A machine trained on these messages, and the factor that calibrates its margins."""
    names, labels = np.unique(intents, return_inverse=True)
    logger.info("Calibrating on %d messages in %d folds.", len(texts), FOLDS)
    unseen = cross_val_predict(
        untrained(penalty), texts, labels, cv=FOLDS, method="decision_function"
    )
    logger.info("Training on %d messages of %d intents.", len(texts), len(names))
    # Half of the messages a second time with typing errors.
    slips = [keyboard(text, random.Random(text)) for text in texts[::2]]
    machine = untrained(penalty).fit([*texts, *slips], [*intents, *intents[::2]])
    return machine, sharpness(unseen, labels)


def sharpness(margins: np.ndarray, labels: np.ndarray) -> float:
    """The factor on margins with which their softmax is calibrated (least log loss).

    Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks"). `margins`
    is messages x intents, from machines that did not see the message; `labels` are columns of it.
    """

    def loss(factor: float) -> float:
        told = log_softmax(factor * margins, axis=1)
        return float(-told[np.arange(len(labels)), labels].mean())

    return float(minimize_scalar(loss, bounds=(0.1, 50.0), method="bounded").x)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearSvmClassifier(IntentClassifier, GraphComponent):
    """Reads the raw text, so it needs no tokenizer and no featurizer before it.

    A confidence is a probability: of the messages that get .7, about 70 % are right.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`penalty`: the C of the support vector machine."""
        return {"penalty": PENALTY}

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._machine: Pipeline | None = None
        self._factor = 1.0

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearSvmClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples; takes seconds. Raises ValueError for fewer than two intents."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        intents = [example.get(INTENT) for example in examples]
        self._machine, self._factor = fitted(texts, intents, self._config["penalty"])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._machine, self._factor), folder / FILE)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearSvmClassifier:
        """The trained classifier. Raises ValueError when the model holds none."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._machine, classifier._factor = joblib.load(folder / FILE)
        return classifier

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ten likeliest, each with its probability."""
        assert self._machine is not None
        margins = self._machine.decision_function([message.get(TEXT) for message in messages])
        names = self._machine.classes_
        for message, row in zip(messages, softmax(self._factor * margins, axis=1), strict=True):
            ranking = [
                {"name": str(names[at]), "confidence": float(row[at])}
                for at in np.argsort(-row)[:RANKED]
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
