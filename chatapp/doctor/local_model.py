"""The small model of our own: is what it needs installed, and is it on the disk."""

from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec

from chatapp.core.errors import LocalModelError
from chatapp.doctor.finding import Finding, ok, problem, warning
from chatapp.doctor.patient import Patient
from chatapp.extras import LOCAL, install_command
from chatapp.providers.model_download import embedded_model

_MEGABYTE = 1_000_000


async def check_local_model(patient: Patient) -> AsyncIterator[Finding]:
    """Look for the library and the file; starts nothing and fetches nothing."""
    if find_spec("xllamacpp") is None:
        advice = f"`{install_command(LOCAL)}`, if you want it; other endpoints do not need it."
        yield warning("what runs it is not installed", advice)
    else:
        yield ok("what runs it is installed")
        for finding in _unasked(patient):
            yield finding
    try:
        model = embedded_model(patient.data_folder / "models")
    except LocalModelError:
        advice = "`chatapp pull FILE-OR-URL` chooses another, `chatapp pull` the default."
        yield problem("the model that was chosen is no longer there", advice)
        return
    except OSError as error:
        advice = "Make the folder accessible, or set CHATAPP_DATA_DIR to another."
        yield problem(f"its folder cannot be looked at: {error.strerror}", advice)
        return
    if model is None:
        yield ok("no model is on the disk yet; it is fetched when it is first asked")
    else:
        size = model.path.stat().st_size
        yield ok(f"{model.model_id}: {model.path}, {size / _MEGABYTE:.0f} MB")


def _unasked(patient: Patient) -> Iterator[Finding]:
    """Why no reply of it is among the findings, as one of every other endpoint is."""
    for endpoint in patient.settings.endpoints:
        if endpoint.is_embedded:
            way = f"`chatapp ask --endpoint {endpoint.name} hi`"
            yield ok(f"it is not asked for a reply here, for that would start it; {way} asks it")
