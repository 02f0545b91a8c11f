"""Commands that set what goes with the next requests."""

from dataclasses import replace

from chatapp.commands.command import Command, CommandContext
from chatapp.core.ports import Sampling


def _system(context: CommandContext, argument: str) -> None:
    context.session.set_system(argument)
    context.say("The system prompt is set." if argument else "There is no system prompt now.")


def _temperature(context: CommandContext, argument: str) -> None:
    try:
        temperature = float(argument) if argument else None
    except ValueError:
        temperature = -1.0
    if temperature is not None and not 0 <= temperature <= 2:
        context.say("/temperature takes a number from 0 to 2, or nothing.", is_warning=True)
        return
    _sample(context, replace(context.session.options.sampling, temperature=temperature))


MOST_DIGITS = 9
"""Of a limit of tokens; Python refuses to read a number of thousands of digits."""


def _max_tokens(context: CommandContext, argument: str) -> None:
    is_number = argument.isdecimal() and len(argument) <= MOST_DIGITS
    if argument and not (is_number and int(argument) > 0):
        context.say("/max-tokens takes a whole number above 0, or nothing.", is_warning=True)
        return
    limit = int(argument) if argument else None
    _sample(context, replace(context.session.options.sampling, max_tokens=limit))


def _sample(context: CommandContext, sampling: Sampling) -> None:
    session = context.session
    session.options = replace(session.options, sampling=sampling)
    temperature = "the server's" if sampling.temperature is None else f"{sampling.temperature:g}"
    limit = "the server's" if sampling.max_tokens is None else str(sampling.max_tokens)
    context.say(f"Next requests: temperature {temperature}, max tokens {limit}.")


SYSTEM = Command(
    name="system",
    help="Set the system prompt of this conversation; alone, remove it.",
    run=_system,
    argument="TEXT",
    is_typed=True,
)
TEMPERATURE = Command(
    name="temperature",
    help="Set the temperature, 0 to 2; alone, leave it to the server.",
    run=_temperature,
    argument="NUMBER",
    is_typed=True,
)
MAX_TOKENS = Command(
    name="max-tokens",
    help="Limit the length of replies; alone, leave it to the server.",
    run=_max_tokens,
    argument="NUMBER",
    is_typed=True,
)

COMMANDS = (SYSTEM, TEMPERATURE, MAX_TOKENS)
