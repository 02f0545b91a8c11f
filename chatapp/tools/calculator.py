"""Arithmetic on a parsed expression: nothing is ever evaluated as a program."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.function_tool import FunctionTool

Number = int | float

MAX_LENGTH = 1000
"""Characters of an expression."""

MAX_DEPTH = 100
"""Operations inside operations."""

MAX_BITS = 12_000
"""Size of a whole number on the way, some 3,600 digits: Python writes no more than 4,300."""

_MAX_FACTORIAL = 1000
_MAX_ROUNDING = 100

_OTHER_SIGNS = str.maketrans("×÷−·（），", "*/-*(),")
_NO_ARITHMETIC = re.compile(r"(?<![g-z_])(and|else|for|if|in|is|not|or)\b|[\"'\\]", re.IGNORECASE)
"""Texts, and keywords also where they follow a number: Python's parser may warn of both."""


def calculate(expression: str) -> str:
    """Work out an arithmetic expression exactly as Python would.

    Args:
        expression: Numbers, + - * / // % **, parentheses, the constants pi, e and tau, and
            the functions sqrt, sin, cos, tan, asin, acos, atan, log, log2, log10, exp, abs,
            round, min, max, floor, ceil, factorial, radians, degrees. Example: 2 * (3 + 4) ** 2
    """
    return str(evaluate(expression))


def calculate_tool() -> FunctionTool:
    """The tool; it can do nothing but count."""
    return FunctionTool(calculate, origin="built in", default_policy=Policy.ALWAYS, timeout_s=10.0)


def evaluate(expression: str) -> Number:
    """The value of an arithmetic expression. Raises ToolError."""
    return _value(_parse(expression), 0)


def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise ToolError(f"the expression is longer than {MAX_LENGTH} characters")
    text = expression.translate(_OTHER_SIGNS).strip()
    if found := _NO_ARITHMETIC.search(text):
        raise ToolError(f"{found[0]} is not arithmetic")
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        at = f" at character {error.offset}" if error.offset else ""
        raise ToolError(f"this is not an expression{at}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ToolError("this expression cannot be read") from error


def _value(node: ast.expr, depth: int) -> Number:
    if depth > MAX_DEPTH:
        raise ToolError(f"the expression is nested deeper than {MAX_DEPTH} levels")
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _checked(number)
        case ast.Name(id=name):
            return _constant(name)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
            number = _value(operand, depth + 1)
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=sign, right=right):
            return _apply(_operation(sign), _value(left, depth + 1), _value(right, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            function = _function(name)
            return _apply(function, *(_value(argument, depth + 1) for argument in arguments))
    raise ToolError(f"{ast.unparse(node)[:80]!r} is not arithmetic")


def _apply(operation: Callable[..., object], *numbers: Number) -> Number:
    try:
        result = operation(*numbers)
    except ZeroDivisionError as error:
        raise ToolError("division by zero") from error
    except OverflowError as error:
        raise ToolError("the result is too large") from error
    except (TypeError, ValueError) as error:
        raise ToolError(f"{_name(operation)}: {error}") from error
    if not isinstance(result, int | float):
        raise ToolError("the result is not a real number")
    return _checked(result)


def _checked(number: Number) -> Number:
    if isinstance(number, float) and not math.isfinite(number):
        raise ToolError("the result is too large")
    if isinstance(number, int) and number.bit_length() > MAX_BITS:
        raise ToolError("a whole number on the way has too many digits")
    return number


def _power(base: Number, exponent: Number) -> object:
    if isinstance(base, int) and isinstance(exponent, int):
        is_small = base.bit_length() <= 1  # -1, 0 and 1 stay what they are
        if not is_small and base.bit_length() * abs(exponent) > MAX_BITS:
            raise ToolError("the power is too large")
    return base**exponent


def _factorial(number: Number) -> int:
    if number > _MAX_FACTORIAL:
        raise ToolError(f"factorial is limited to {_MAX_FACTORIAL}")
    if not isinstance(number, int):
        raise ToolError("factorial needs a whole number")
    return math.factorial(number)


def _round(number: Number, digits: Number | None = None) -> Number:
    if digits is None:
        return round(number)
    if not isinstance(digits, int) or abs(digits) > _MAX_ROUNDING:
        raise ToolError(f"round takes at most {_MAX_ROUNDING} digits, a whole number")
    return round(number, digits)


def _least(*numbers: Number) -> Number:
    return min(numbers)


def _greatest(*numbers: Number) -> Number:
    return max(numbers)


_OPERATIONS: Mapping[type[ast.operator], Callable[[Number, Number], object]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: _power,
    }
)

_FUNCTIONS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "sqrt": math.sqrt,
        "sin": math.sin,
        "cos": math.cos,
        "tan": math.tan,
        "asin": math.asin,
        "acos": math.acos,
        "atan": math.atan,
        "log": math.log,
        "log2": math.log2,
        "log10": math.log10,
        "exp": math.exp,
        "abs": abs,
        "round": _round,
        "min": _least,
        "max": _greatest,
        "floor": math.floor,
        "ceil": math.ceil,
        "factorial": _factorial,
        "radians": math.radians,
        "degrees": math.degrees,
    }
)

_CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e, "tau": math.tau})


def _operation(sign: ast.operator) -> Callable[[Number, Number], object]:
    operation = _OPERATIONS.get(type(sign))
    if operation is None:
        advice = "; ** is the power" if isinstance(sign, ast.BitXor) else ""
        raise ToolError(f"{type(sign).__name__} is not among + - * / // % **{advice}")
    return operation


def _function(name: str) -> Callable[..., object]:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise ToolError(f"there is no function {name!r}; there are {', '.join(_FUNCTIONS)}")
    return function


def _constant(name: str) -> float:
    constant = _CONSTANTS.get(name)
    if constant is None:
        raise ToolError(f"{name!r} has no value; there are {', '.join(_CONSTANTS)}")
    return constant


def _name(operation: Callable[..., object]) -> str:
    return getattr(operation, "__name__", "it").strip("_")
