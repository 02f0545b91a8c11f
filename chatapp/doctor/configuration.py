"""The settings: what holds, where it comes from, and what is wrong with it."""

import difflib
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from chatapp.config.settings import Settings
from chatapp.doctor.finding import Finding, ok, problem, warning
from chatapp.doctor.patient import Patient

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


async def check_configuration(patient: Patient) -> AsyncIterator[Finding]:
    """Look at the files, the values with their origins, and the variables that act from afar."""
    for folder, name in ((patient.config_folder, "config"), (patient.data_folder, "data")):
        yield _folder(folder, name)
    file = patient.config_folder / "config.toml"
    if _is_there(file):
        yield ok(f"settings: {file}")
    elif not any(wrong.file == str(file) for wrong in patient.settings.problems):
        yield ok(f"there is no {file} yet")
    for finding in _origins(patient.settings, patient.themes):
        yield finding
    for wrong in patient.settings.problems:
        yield warning(str(wrong), "Change it, or take it out.")
    for finding in _from_afar(patient.environ):
        yield finding


def _folder(folder: Path, name: str) -> Finding:
    place = next((p for p in (folder, *folder.parents) if _is_there(p)), folder)
    advice = f"Make it writable, or set CHATAPP_{name.upper()}_DIR to another."
    if not place.is_dir():
        return problem(f"the {name} folder {folder} cannot be made: {place} is a file", advice)
    if os.access(place, os.W_OK | os.X_OK):
        return ok(f"the {name} folder is {folder}")
    return problem(f"the {name} folder {folder} cannot be written to", advice)


def _is_there(path: Path) -> bool:
    """Whether it is there, as far as we may look."""
    try:
        return path.exists()
    except OSError:
        return False


def _origins(settings: Settings, themes: Sequence[str]) -> Iterator[Finding]:
    model = settings.model
    yield ok(f"the model is {model.endpoint}/{model.model or '(the first that is listed)'}")
    for name, origin in settings.origins.items():
        if name == "theme" and themes and settings.theme not in themes:
            yield _unknown_theme(settings.theme, origin, themes)
            continue
        if name not in ("model", "endpoint"):
            yield ok(f"{name} is set by {origin}")
            continue
        # another source may have chosen an endpoint for which a model was not meant
        decider = settings.deciders.get(name, "")
        overruled = f", but {decider} decides" if decider not in ("", origin) else ""
        yield ok(f"{name} is named by {origin}{overruled}")
    if settings.mcp_servers:
        enabled = [server.name for server in settings.mcp_servers if server.is_enabled]
        yield ok(f"MCP servers: {', '.join(enabled) or 'none is enabled'}")


def _unknown_theme(name: str, origin: str, themes: Sequence[str]) -> Finding:
    """Without the name itself, which may be a key in the wrong place."""
    nearest = difflib.get_close_matches(name, themes, n=1)
    meant = f"; {nearest[0]} may be meant" if nearest else ""
    words = f"theme is set by {origin}, but there is none of that name; {themes[0]} is used"
    return warning(words, f"/theme lists them{meant}.")


def _from_afar(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in _PROXIES:
        if value := environ.get(name) or environ.get(name.lower()):
            yield ok(f"{name} is {value}")
    for name in _CERTIFICATES:
        value = environ.get(name)
        if value and _is_there(Path(value)):
            yield ok(f"certificates: {name}={value}")
        elif value:
            yield problem(f"{name} names {value}, which is not there", f"Unset or correct {name}.")
