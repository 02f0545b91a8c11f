"""Use cases: a conversation with a model, turn by turn."""
