"""The endpoints: can they be reached, do they take the key, and what do they do with a request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module

from chatapp.core.addresses import is_loopback
from chatapp.core.endpoints import Endpoint, Quirks
from chatapp.core.errors import Failure, FailureKind, KeyUnavailable, ProviderError
from chatapp.core.ports import Provider
from chatapp.core.wire import WireTaps
from chatapp.daemon_thread import call_in_daemon_thread
from chatapp.doctor.finding import Finding, ok, problem, warning
from chatapp.doctor.patient import Patient
from chatapp.doctor.probe import FIRST_WORD_S, REST_S, Probe, ask_for_one_word
from chatapp.doctor.redaction import Redactor
from chatapp.doctor.waiting import Waiting
from chatapp.doctor.wire_notes import WireNotes
from chatapp.providers.directory import make_chat
from chatapp.providers.presets import PRESETS

KEY_S = 30.0
"""How long fetching a key may take; a person may have to unlock what has it."""

LISTING_S = 6.0
ENDPOINT_S = 90.0
"""How long all of it may take, for one endpoint."""

_WaitFor = Callable[[str], None]

_ABOUT_KEY = (FailureKind.KEY_MISSING, FailureKind.KEY_REJECTED)
_ABOUT_ADDRESS = (FailureKind.NOT_FOUND, FailureKind.NOT_AN_API)


async def examine_endpoint(
    endpoint: Endpoint, patient: Patient, redactor: Redactor, waiting: Waiting
) -> tuple[Finding, ...]:
    """Everything about one endpoint; asks it for its models and for one short reply.

    `waiting` hears what it is asked for. Takes ENDPOINT_S at most.
    """
    found: list[Finding] = []
    name = f"endpoint {endpoint.name}"
    try:
        async with asyncio.timeout(ENDPOINT_S):
            async for finding in _findings(
                endpoint, patient, redactor, partial(waiting.begin, name)
            ):
                found.append(finding)  # noqa: PERF401 - what was found outlasts a timeout
    except TimeoutError:
        advice = f"Try again, with --endpoint {endpoint.name} to ask it alone."
        found.append(problem(f"after {ENDPOINT_S:g} s the rest was not looked at", advice))
    finally:
        waiting.end(name)
    return tuple(found)


async def _findings(
    endpoint: Endpoint, patient: Patient, redactor: Redactor, wait_for: _WaitFor
) -> AsyncIterator[Finding]:
    yield _address(endpoint)
    wait_for(f"its key, {KEY_S:g} s at most")
    try:
        async with asyncio.timeout(KEY_S):
            endpoint = await _with_key(endpoint, redactor)
    except KeyUnavailable as error:
        hint = endpoint.key_source.hint if endpoint.key_source else ""
        yield problem(f"the key could not be fetched: {error}", hint)
        return
    except TimeoutError:
        yield problem("the key could not be fetched in time", "Unlock the keyring, or what has it.")
        return
    yield _key(endpoint)
    await asyncio.to_thread(import_module, "chatapp.providers.openai_chat")
    notes = WireNotes()
    provider = make_chat(endpoint, WireTaps([notes]))
    try:
        async for finding in _asked(endpoint, patient, provider, notes, wait_for):
            yield finding
    finally:
        await provider.close()


async def _asked(
    endpoint: Endpoint,
    patient: Patient,
    provider: Provider,
    notes: WireNotes,
    wait_for: _WaitFor,
) -> AsyncIterator[Finding]:
    wait_for(f"its models, {LISTING_S:g} s at most")
    models, failure = await _list_models(provider)
    yield await _listing(endpoint, models, failure)
    if failure is not None and failure.kind not in (*_ABOUT_ADDRESS, FailureKind.TIMED_OUT):
        return
    model = _model_to_ask(endpoint, patient, models)
    if not model:
        advice = "Name one: models in its table of config.toml, or --model."
        yield warning("no model is known, so nothing could be asked", advice)
        return
    wait_for(f"one word of {model}, {FIRST_WORD_S:g} s at most")
    probe = await ask_for_one_word(provider, model)
    if probe.failure is not None:
        yield _failed(probe.failure, model)
        return
    if endpoint.api_key is not None:  # the list of models is often there for anybody
        yield ok("it takes the key")
    for finding in (*_reply(probe, model), *_habits(endpoint, notes)):
        yield finding


def _address(endpoint: Endpoint) -> Finding:
    if endpoint.base_url.startswith("http://") and not is_loopback(endpoint.base_url):
        advice = "Use https://, or a tunnel such as ssh -L."
        return warning(f"{endpoint.base_url} is not encrypted, for others to read", advice)
    return ok(endpoint.base_url)


async def _with_key(endpoint: Endpoint, redactor: Redactor) -> Endpoint:
    """The endpoint with its key at hand, which is kept out of all that is told."""
    if endpoint.api_key is None and endpoint.key_source is not None:
        key = await call_in_daemon_thread(endpoint.key_source.fetch)
        endpoint = replace(endpoint, api_key=key)
    if endpoint.api_key is not None:
        redactor.learn(endpoint.api_key.reveal())
    return endpoint


def _key(endpoint: Endpoint) -> Finding:
    if endpoint.api_key is not None:
        return ok(f"its key is from {endpoint.key_origin}")
    if endpoint.key_source is not None:
        return warning(f"it goes without a key: {endpoint.key_origin}", endpoint.key_source.hint)
    if endpoint.needs_key:
        advice = f"Set {endpoint.key_variable}, or `chatapp keys set {endpoint.name}`."
        return warning("it has no key", advice)
    return ok("it goes without a key")


async def _list_models(provider: Provider) -> tuple[tuple[str, ...], Failure | None]:
    try:
        async with asyncio.timeout(LISTING_S):
            return await provider.list_models(), None
    except ProviderError as error:
        return (), error.failure
    except TimeoutError:
        words = f"it did not list its models within {LISTING_S:g} s"
        return (), Failure(FailureKind.TIMED_OUT, words, "It may be busy; try again.")


async def _listing(endpoint: Endpoint, models: tuple[str, ...], failure: Failure | None) -> Finding:
    if failure is None:
        return ok(f"it answers, and lists {_count(len(models), 'model')}")
    if failure.kind in _ABOUT_ADDRESS and (better := await _better_address(endpoint)):
        words = f"no API answers there, but one does at {better}"
        return problem(words, f"Make {better} the base URL.")
    if failure.kind in _ABOUT_ADDRESS:
        return warning(f"it does not list its models: {failure.summary}", failure.next_step)
    return problem(failure.summary, failure.next_step)


async def _better_address(endpoint: Endpoint) -> str | None:
    """The address on the same server where an API answers, tried with /v1 and without."""
    bare = endpoint.base_url.rstrip("/").removesuffix("/chat/completions")
    for candidate in dict.fromkeys((bare, f"{bare}/v1", bare.removesuffix("/v1"))):
        if candidate == endpoint.base_url:
            continue
        provider = make_chat(replace(endpoint, base_url=candidate), WireTaps())
        try:
            _, failure = await _list_models(provider)
        finally:
            await provider.close()
        if failure is None:
            return candidate
    return None


def _model_to_ask(endpoint: Endpoint, patient: Patient, models: tuple[str, ...]) -> str:
    """The model of the settings where it is this endpoint's, else a likely one."""
    wanted = patient.settings.model
    if wanted.endpoint == endpoint.name and wanted.model:
        return wanted.model
    usual = next((p.default_model for p in PRESETS if p.base_url == endpoint.base_url), "")
    named = [*endpoint.models, *([usual] if usual and (usual in models or not models) else [])]
    return next(iter((*named, *models)), "")


def _failed(failure: Failure, model: str) -> Finding:
    about = "the key is not accepted: " if failure.kind in _ABOUT_KEY else ""
    said = f" It said: {failure.server_words[:300]}" if failure.server_words else ""
    return problem(f"{about}asked {model}: {failure.summary}{said}", failure.next_step)


def _reply(probe: Probe, model: str) -> Iterator[Finding]:
    ttft = "nothing" if probe.ttft_s is None else f"the first token after {probe.ttft_s:.2f} s"
    if probe.is_cut_short:
        rest = f"it would not stop, and was hung up on {REST_S:g} s later"
    else:
        rest = f"all of it after {probe.elapsed_s:.2f} s"
    words = f"{model} answers: {ttft}, {rest}"
    if probe.ttft_s is None:
        yield warning(words, "It may be no chat model; name another with --model.")
        return
    yield ok(words)
    if probe.has_reasoning:
        yield ok("it shows its reasoning")
    if probe.has_usage:
        yield ok("it reports usage")
    elif not probe.is_cut_short:  # it comes at the end
        advice = "The figures are estimates, marked ~; some servers have a setting for it."
        yield warning("it reports no usage", advice)
    if probe.refused_tools:
        advice = "It is asked without them; choose another model where you need tools."
        yield warning(f"it takes no tools with {model}", advice)
    else:
        yield ok("it takes tools")


def _habits(endpoint: Endpoint, notes: WireNotes) -> Iterator[Finding]:
    """How it streams, what is odd about that, and what has been learnt of it."""
    if notes.is_streamed:
        yield ok(f"it streams, in {notes.events} events")
    else:
        advice = "Look for a proxy in between that collects replies, or the server's settings."
        yield warning("it does not stream: the reply came in one piece", advice)
    if notes.oddities:
        yield ok(f"odd, and taken as it is: {'; '.join(notes.oddities)}")
    if quirks := _quirk_words(endpoint.quirks):
        yield ok(f"configured: {', '.join(quirks)}")
    if notes.refusals:
        yield ok(
            f"it refused {_count(notes.refusals, 'request')} before one that it takes was found"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _quirk_words(quirks: Quirks) -> list[str]:
    usual = Quirks()
    return [
        f"{name} = {getattr(quirks, name)}"
        for name in Quirks.__slots__
        if getattr(quirks, name) != getattr(usual, name)
    ]
