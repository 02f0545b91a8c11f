"""A function's parameters as a JSON Schema, and a check of what a model gives for them."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from chatapp.core.errors import ToolError
from chatapp.core.ports import JsonValue
from chatapp.tools.docstring import read_docstring

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_MAX_SHOWN = 80
"""Characters of a wrong value that are worth repeating."""


class FunctionArguments:
    """What `function` takes, from its annotations and docstring.

    Making one imports pydantic, some 0.1 s. Raises ToolError for a signature that cannot be
    offered to a model, in words for its author.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        from pydantic import PydanticUserError

        try:
            self._signature = _keyword_signature(function)
            self._adapter = _adapter(self._signature)
            self.schema: Mapping[str, JsonValue] = _schema(
                self._adapter, read_docstring(function).parameters
            )
        except (PydanticUserError, NameError, SyntaxError, TypeError, ValueError) as error:
            words = str(error).partition("\n")[0]
            raise ToolError(f"its parameters cannot be described to a model: {words}") from error

    def read(self, arguments: Mapping[str, JsonValue]) -> Mapping[str, object]:
        """Convert to the annotated types, with defaults filled in. Raises ToolError."""
        from pydantic import ValidationError
        from pydantic_core import ArgsKwargs

        try:
            return self._adapter.validate_python(ArgsKwargs((), dict(arguments)))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            wrong = "; ".join(_words(detail) for detail in found)
            raise ToolError(f"the arguments do not fit: {wrong}. {self._expected()}") from error

    def _expected(self) -> str:
        names = [
            f"{name} (required)" if parameter.default is parameter.empty else name
            for name, parameter in self._signature.parameters.items()
        ]
        return f"The parameters are: {', '.join(names)}" if names else "There are no parameters"


def _keyword_signature(function: Callable[..., object]) -> inspect.Signature:
    """The signature with every parameter given by name, as models give them."""
    signature = inspect.signature(function, eval_str=True)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"{parameter} has no end; name each parameter")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(f"{parameter.name} cannot be given by name")
        if parameter.annotation is parameter.empty:
            raise TypeError(f"{parameter.name} has no type")
    named = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
    ]
    return signature.replace(parameters=named, return_annotation=inspect.Signature.empty)


def _adapter(signature: inspect.Signature) -> "TypeAdapter[dict[str, object]]":
    """A validator that returns the arguments instead of calling the function with them."""
    from pydantic import TypeAdapter

    def collect(**arguments: object) -> dict[str, object]:
        return arguments

    # pydantic reads both, and so sees the parameters of the function that is meant
    collect.__signature__ = signature  # type: ignore[attr-defined]  # known to inspect alone
    collect.__annotations__ = {
        name: parameter.annotation for name, parameter in signature.parameters.items()
    }
    return TypeAdapter(collect)  # type: ignore[arg-type]  # it takes functions as well as types


def _schema(
    adapter: "TypeAdapter[dict[str, object]]", descriptions: Mapping[str, str]
) -> Mapping[str, JsonValue]:
    from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

    class TerseSchema(GenerateJsonSchema):
        """No titles that only repeat a parameter's name, no warnings on the terminal."""

        ignored_warning_kinds: set[JsonSchemaWarningKind] = {  # noqa: RUF012 - the base has it so
            "skipped-choice",
            "non-serializable-default",
        }

        def field_title_should_be_set(self, schema: object) -> bool:
            return False

    schema = adapter.json_schema(schema_generator=TerseSchema)
    for name, parameter in schema["properties"].items():
        if name in descriptions:
            parameter.setdefault("description", descriptions[name])
    return schema


def _words(detail: "ErrorDetails") -> str:
    place = ".".join(str(step) for step in detail["loc"]) or "arguments"
    match detail["type"]:
        case "missing" | "missing_keyword_only_argument":
            return f"{place} is missing"
        case "unexpected_keyword_argument":
            return f"there is no parameter {place}"
        case _:
            value = repr(detail["input"])
            shown = value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…"
            return f"{place}: {detail['msg'].partition(chr(10))[0]}, not {shown}"
