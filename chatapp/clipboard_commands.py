"""The operating system's own ways to its clipboard."""

from collections.abc import Iterator, Mapping


def native_commands(environ: Mapping[str, str], platform: str) -> Iterator[tuple[str, ...]]:
    """The commands worth trying, in order; none over ssh, where they reach the wrong machine."""
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        return
    if platform == "darwin":
        yield ("pbcopy",)
    if "WSL_DISTRO_NAME" in environ:
        yield ("clip.exe",)
    if "WAYLAND_DISPLAY" in environ:
        yield ("wl-copy",)
    if "DISPLAY" in environ:
        yield ("xclip", "-selection", "clipboard")
        yield ("xsel", "--clipboard", "--input")
