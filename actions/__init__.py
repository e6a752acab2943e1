"""What Rasa asks us to do in a conversation: read slots, call one service, speak, set slots."""
