"""The chat without a screen: for pipes, scripts and other programs."""
