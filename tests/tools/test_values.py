"""Numbers and units: two spellings of one value are equal, two values never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.text.values import Value, tokens


def value(text: str) -> Value:
    [found] = [token for token in tokens(text) if isinstance(token, Value)]
    return found


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.5 kg", "1,500 grams"),
        ("1.5 × 10^3 g", "1500 g"),
        ("20°C", "20 degrees Celsius"),
        ("5 mg/kg", "5 mg kg−1"),
        ("10 per cent", "10%"),
        ("5 mg per litre", "5 mg/l"),
        ("three weeks", "21 days"),
        ("two-fold", "2-fold"),
        ("a 5-min walk", "a walk of 300 seconds"),
        ("p ≤ .05", "p <0.05"),
        ("3,5 %", "3.5%"),
    ],
)
def test_one_value_in_two_spellings_is_one(a: str, b: str) -> None:
    assert value(a) == value(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("5 mg/kg", "5 mg/l"),
        ("5 °C", "-5 °C"),
        ("p < 0.05", "p > 0.05"),
        ("5 mM", "5 mm"),
        ("1.5 kg", "15 kg"),
        ("1,200", "1.2"),
        ("3 months", "3 min"),
        ("3 × 10^3 m", "3 m"),
    ],
)
def test_another_value_is_another(a: str, b: str) -> None:
    assert value(a) != value(b)


def test_a_digit_within_a_name_is_no_value() -> None:
    assert list(tokens("IL-6 and CD4+ cells in H2O")) == [
        "IL-6",
        "and",
        "CD4+",
        "cells",
        "in",
        "H2O",
    ]


def test_a_range_is_two_values_and_no_negative_number() -> None:
    assert [t.number for t in tokens("10-12 mice") if isinstance(t, Value)] == [10, 12]


@given(st.text() | st.from_regex(r"[<−-]?[0-9.,]{1,40} ?× 10\^?[−-]?[0-9]{1,5} ?mg/?[a-z]?"))
def test_any_text_has_tokens_and_each_value_equals_itself(text: str) -> None:
    for token in tokens(text):
        assert token
        assert token == token  # a NaN would not


@given(st.integers(0, 10**9), st.sampled_from(["mg", "kg", "g", "%", "h", "days", ""]))
def test_a_value_is_read_from_the_middle_of_a_sentence(number: int, unit: str) -> None:
    assert value(f"It held {number:,} {unit} of it.") == value(f"{number} {unit}")
