"""The checks, declared once, and the examination that runs them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from chatapp.core.endpoints import Endpoint
from chatapp.doctor.configuration import check_configuration
from chatapp.doctor.database import check_database
from chatapp.doctor.endpoints import examine_endpoint
from chatapp.doctor.finding import Finding, Told
from chatapp.doctor.local_model import check_local_model
from chatapp.doctor.patient import Patient
from chatapp.doctor.redaction import Redactor, secrets_of
from chatapp.doctor.terminal import check_terminal
from chatapp.doctor.versions import check_versions
from chatapp.doctor.waiting import Waiting, tell_nobody


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at; `run` yields what it finds and never raises for what it finds."""

    title: str
    run: Callable[[Patient], AsyncIterator[Finding]]


CHECKS: tuple[Check, ...] = (
    Check("Versions", check_versions),
    Check("Terminal", check_terminal),
    Check("Settings", check_configuration),
    Check("Conversations", check_database),
    Check("Local model", check_local_model),
)
"""All checks, in the order of the report; after them comes one for each endpoint."""


async def examine(
    patient: Patient, tell: Callable[[str], None] = tell_nobody
) -> AsyncGenerator[Told, None]:
    """Run every check; the endpoints are asked side by side meanwhile.

    `tell` hears what is waited for, "" for nothing. Neither what is yielded nor that has
    secrets in it.
    """
    redactor = Redactor(secrets_of(patient.settings, patient.environ), Path.home())
    waiting = Waiting(tell, redactor.text)
    asked = {
        endpoint.name: asyncio.ensure_future(examine_endpoint(endpoint, patient, redactor, waiting))
        for endpoint in _endpoints(patient)
    }
    try:
        for check in CHECKS:
            waiting.begin(check.title)
            async for finding in check.run(patient):
                yield Told(check.title, redactor.clean(finding))
            waiting.end(check.title)
        for name, findings in asked.items():
            for finding in await findings:
                yield Told(redactor.text(f"Endpoint {name}"), redactor.clean(finding))
    finally:
        waiting.close()
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)


def _endpoints(patient: Patient) -> tuple[Endpoint, ...]:
    """The servers to ask; the embedded model is none."""
    wanted = patient.endpoints
    servers = (each for each in patient.settings.endpoints if not each.is_embedded)
    return tuple(each for each in servers if wanted is None or each.name in wanted)
