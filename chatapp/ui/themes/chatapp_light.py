"""Light: white paper, dark ink, one blue-green accent."""

from textual.theme import Theme

CHATAPP_LIGHT = Theme(
    name="chatapp-light",
    primary="#0f6b6e",
    secondary="#3d5f86",
    accent="#0f6b6e",
    warning="#8f5a00",
    error="#b3273a",
    success="#2f6f2f",
    foreground="#22262b",
    background="#fbfbf9",
    surface="#f1f2ef",
    panel="#e6e8e4",
    dark=False,
    variables={
        "border": "#0f6b6e",
        "border-blurred": "#c3c8c4",
        "block-cursor-background": "#cfe5e4",
        "block-cursor-foreground": "#10292a",
        "block-cursor-text-style": "bold",
        "input-cursor-background": "#22262b",
        "input-cursor-foreground": "#fbfbf9",
        "input-selection-background": "#0f6b6e 25%",
        "scrollbar": "#cdd1cd",
        "scrollbar-hover": "#b3b9b4",
        "scrollbar-active": "#0f6b6e",
        "scrollbar-background": "#fbfbf9",
        "scrollbar-background-hover": "#fbfbf9",
        "scrollbar-background-active": "#fbfbf9",
        "scrollbar-corner-color": "#fbfbf9",
    },
)
