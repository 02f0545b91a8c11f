import contextlib
import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.errors import ToolError
from chatapp.tools.calculator import MAX_LENGTH, calculate, evaluate

NUMBERS = st.integers(0, 10**6).map(str) | st.floats(0, 1e6).map(repr)
UNARY = ("-", "+", "abs", "sin", "sqrt", "round", "floor", "exp", "factorial", "log")


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operations = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    return (
        st.tuples(inner, operations, inner).map("({0[0]}) {0[1]} ({0[2]})".format)
        | st.tuples(st.sampled_from(UNARY), inner).map("{0[0]}({0[1]})".format)
        | st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format)
    )


EXPRESSIONS = st.recursive(NUMBERS, larger, max_leaves=6)
PYTHON = {"abs": abs, "round": round, "max": max, **vars(math)}


@given(EXPRESSIONS)
def test_the_value_is_python_s_own(expression: str) -> None:
    try:
        value = evaluate(expression)
    except ToolError:
        return  # limits are shown below
    expected = eval(expression, {"__builtins__": {}}, PYTHON)  # noqa: S307 - generated just above
    assert value == expected
    assert type(value) is type(expected)


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30), st.sampled_from("+-*"))
def test_whole_numbers_are_exact_and_never_refused(left: int, right: int, sign: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    assert calculate(f"({left}) {sign} ({right})") == str(expected)


@given(st.text(alphabet="0123456789.+-*/%()[]{}, eEjx_andorif'\"\\\n:=^~!@<>αß中", max_size=40))
def test_whatever_is_written_is_worked_out_or_explained(expression: str) -> None:
    with warnings.catch_warnings(record=True) as said_on_the_terminal:
        warnings.simplefilter("always")
        with contextlib.suppress(ToolError):
            assert math.isfinite(evaluate(expression))
    assert not said_on_the_terminal


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 * (3 + 4) ** 2", "98"),
        ("7 // 2 + 7 % 2", "4"),
        ("-2 ** 2", "-4"),
        ("1e3 / 4", "250.0"),
        ("6 × 7 ÷ （1 + 1）", "21.0"),
        ("round(2.675, 2)", "2.67"),
        ("round(2.5)", "2"),
        ("log(8, 2) + log10(100)", "5.0"),
        ("min(3, 1, 2) + max(4, 5)", "6"),
        ("cos(pi)", "-1.0"),
        ("factorial(20)", "2432902008176640000"),
        ("1 ** 999999999999", "1"),
        ("2 ** -1", "0.5"),
    ],
)
def test_examples(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "not an expression"),
        ("2 +", "not an expression"),
        ("1 / 0", "division by zero"),
        ("9 ** 9 ** 9", "power is too large"),
        ("(10 ** 3000) * (10 ** 3000)", "too many digits"),
        ("1e300 * 1e300", "too large"),
        ("exp(1000)", "too large"),
        ("factorial(1001)", "limited to 1000"),
        ("factorial(2.5)", "whole number"),
        ("round(5, -1000000000)", "at most 100 digits"),
        ("(-8) ** 0.5", "not a real number"),
        ("sqrt(-1)", "sqrt"),
        ("sqrt()", "sqrt"),
        ("max()", "max|greatest"),
        ("2 ^ 3", r"\*\* is the power"),
        ("x + 1", "'x' has no value"),
        ("open(1)", "no function 'open'"),
        ("__import__(1)", "no function '__import__'"),
        ("0xfor 1", "or is not arithmetic"),
        ("(1).__class__", "not arithmetic"),
        ("'a' * 3", "not arithmetic"),
        ("True + 1", "not arithmetic"),
        ("[1, 2]", "not arithmetic"),
        ("1 if 2 else 3", "if is not arithmetic"),
        ("1or 2", "or is not arithmetic"),
        ("min(1, key=abs)", "not arithmetic"),
        ("max(*[1])", "not arithmetic"),
        ("3j", "not arithmetic"),
        ("1" * (MAX_LENGTH + 1), "longer than"),
        ("-" * 900 + "1", "nested deeper|cannot be read"),
        ("(" * 400 + "1" + ")" * 400, "not an expression|cannot be read"),
    ],
)
def test_what_cannot_be_worked_out_is_explained(expression: str, words: str) -> None:
    with pytest.raises(ToolError, match=words):
        evaluate(expression)
