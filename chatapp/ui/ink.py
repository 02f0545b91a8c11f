"""The inks of text that is drawn by hand, as Textual styles; every theme defines their colours.

`$text-muted` and its like are of no use here: as `auto` colours they need a widget around them.
"""

MUTED = "$foreground 75%"
"""What stands back: labels, explanations, figures."""

FAINT = "$foreground 60%"
"""What cannot be used now, and what separates."""

KEY = "bold $text-primary"
"""A key, and a name that can be acted on."""

ACCENT = "$text-accent"
"""What is alive or selected."""

WARNING = "$text-warning"
"""What a person should notice."""

ERROR = "$text-error"
"""What went wrong."""

SUCCESS = "$text-success"
"""What came good."""
