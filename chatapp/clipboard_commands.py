"""The operating system's own ways to its clipboard."""

from collections.abc import Iterator, Mapping

_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
"""The variables that tell an encoding; of those that are set the first counts."""


def native_commands(environ: Mapping[str, str], platform: str) -> Iterator[tuple[str, ...]]:
    """The commands worth trying, in order; none over ssh, where they reach the wrong machine."""
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        return
    if platform == "darwin":
        yield ("pbcopy",)
    if platform == "win32" or "WSL_DISTRO_NAME" in environ:
        yield ("clip.exe",)
    if "WAYLAND_DISPLAY" in environ:
        yield ("wl-copy",)
    if "DISPLAY" in environ:
        yield ("xclip", "-selection", "clipboard")
        yield ("xsel", "--clipboard", "--input")


def needed_variables(command: tuple[str, ...], environ: Mapping[str, str]) -> dict[str, str]:
    """What a command must find beside `environ`: pbcopy takes UTF-8 only where that is said."""
    said = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    if command[0] != "pbcopy" or "utf" in said.lower():
        return {}
    return {"LC_ALL": "en_US.UTF-8"}
