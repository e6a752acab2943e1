"""What is measured: speed and size, next to stock Rasa."""
