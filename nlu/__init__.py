"""What Rasa is given of ours: the corpus as training data, and a classifier for intents.

Runs in Rasa's own environment (Python 3.10, scikit-learn 1.1) and imports nothing else of Praatje.
"""
