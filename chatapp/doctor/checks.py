"""The checks, declared once, and the examination that runs them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from chatapp.core.endpoints import Endpoint
from chatapp.doctor.configuration import check_configuration
from chatapp.doctor.database import check_database
from chatapp.doctor.endpoints import examine_endpoint
from chatapp.doctor.finding import Finding, Told, ok
from chatapp.doctor.patient import Patient
from chatapp.doctor.redaction import Redactor, secrets_of
from chatapp.doctor.terminal import check_terminal
from chatapp.doctor.versions import check_versions


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
)
"""All checks, in the order of the report; after them comes one for each endpoint."""


async def examine(patient: Patient) -> AsyncGenerator[Told, None]:
    """Run every check; the endpoints are asked side by side meanwhile.

    What is yielded has no secrets in it.
    """
    redactor = Redactor(secrets_of(patient.settings, patient.environ), Path.home())
    endpoints = _endpoints(patient)
    asked = {
        endpoint.name: asyncio.ensure_future(examine_endpoint(endpoint, patient, redactor))
        for endpoint in endpoints
        if not endpoint.is_embedded
    }
    try:
        for check in CHECKS:
            async for finding in check.run(patient):
                yield Told(check.title, redactor.clean(finding))
        for endpoint in endpoints:
            title = redactor.text(f"Endpoint {endpoint.name}")
            if endpoint.is_embedded:
                yield Told(title, redactor.clean(_embedded(endpoint)))
                continue
            for finding in await asked[endpoint.name]:
                yield Told(title, redactor.clean(finding))
    finally:
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)


def _endpoints(patient: Patient) -> tuple[Endpoint, ...]:
    wanted = patient.endpoints
    endpoints = patient.settings.endpoints
    return tuple(e for e in endpoints if wanted is None or e.name in wanted)


def _embedded(endpoint: Endpoint) -> Finding:
    return ok(f"the small local model {', '.join(endpoint.models)}; `chatapp pull` fetches it")
