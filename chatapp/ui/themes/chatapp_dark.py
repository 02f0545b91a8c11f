"""Dark: near-black paper, warm white ink, one blue-green accent."""

from textual.theme import Theme

CHATAPP_DARK = Theme(
    name="chatapp-dark",
    primary="#5fb3b3",
    secondary="#7c9cbf",
    accent="#5fb3b3",
    warning="#e0af68",
    error="#e06c75",
    success="#8fbf7f",
    foreground="#d8dbe0",
    background="#16181c",
    surface="#1d2025",
    panel="#262a31",
    dark=True,
    variables={
        "border": "#5fb3b3",
        "border-blurred": "#3a404a",
        "block-cursor-background": "#2c4a4d",
        "block-cursor-foreground": "#eef2f2",
        "block-cursor-text-style": "bold",
        "input-cursor-background": "#d8dbe0",
        "input-cursor-foreground": "#16181c",
        "input-selection-background": "#5fb3b3 35%",
        "scrollbar": "#343a43",
        "scrollbar-hover": "#47505c",
        "scrollbar-active": "#5fb3b3",
        "scrollbar-background": "#16181c",
        "scrollbar-background-hover": "#16181c",
        "scrollbar-background-active": "#16181c",
        "scrollbar-corner-color": "#16181c",
    },
)
