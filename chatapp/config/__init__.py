"""Settings: what a person may set, where they may set it, and what follows from it."""
