"""The conversation model: pure, standard library only, no input or output, no clock."""
