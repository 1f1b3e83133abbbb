from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.text.faith import faithful, negations, unfaithful

QUOTE = (
    "Osk resin (5, 10 or 20 mg/kg) slowed 3 of twelve moulds by 12.5–14.0 % at −4 °C, "
    "did not affect IL-6 (P < 0.05) and was insignificant in 1,250 ± 12 µl of water (Fig. 7)."
)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("12.5", "12.6", "numbers"),
        ("14.0 %", "14.0", "units"),
        ("–14.0", "", "numbers"),
        ("−4", "4", "numbers"),
        ("°C", "°F", "units"),
        ("mg/kg", "mg", "units"),
        ("mg", "µg", "units"),
        ("µl", "ml", "units"),
        ("1,250", "1.250", "numbers"),
        ("1,250", "12,50", "numbers"),
        ("± 12", "12", "numbers"),
        ("<", ">", "numbers"),
        ("<", "=", "numbers"),
        ("IL-6", "IL-8", "numbers"),
        ("twelve", "eleven", "numbers"),
        ("3 of", "7 of", "numbers"),
        ("did not affect", "affected", "negations"),
        ("slowed", "never slowed", "negations"),
        ("insignificant", "significant", "negations"),
        ("affect IL-6", "disaffect IL-6", "negations"),
        ("water", "water without salt", "negations"),
    ],
)
def test_a_slip_of_a_rewriting_is_found(old: str, new: str, why: str) -> None:
    changed = QUOTE.replace(old, new)
    assert changed != QUOTE
    assert unfaithful(changed, QUOTE) == why


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("14.0 %", "14.0 percent"),
        ("12.5–14.0 %", "12.5 to 14.0%"),
        ("12.5–14.0 %", "12.5 % - 14 %"),
        ("−4 °C", "-4 degrees Celsius"),
        ("5, 10 or 20 mg/kg", "20 mg per kg"),
        ("5, 10 or 20 mg/kg", "5 mg/kg, 10 mg/kg and 20 mg/kg"),
        ("1,250 ± 12 µl", "1250 plus or minus 12 microlitres"),
        ("twelve", "12"),
        ("3 of", "three of"),
        ("P < 0.05", "p less than .05"),
        ("IL-6", "IL6"),
        ("did not affect", "didn't affect"),
        ("insignificant", "not significant"),
        ("was insignificant", "was non-significant"),
        (" (P < 0.05)", ""),
        (" (Fig. 7)", ""),
    ],
)
def test_saying_the_same_otherwise_or_saying_less_is_let_pass(old: str, new: str) -> None:
    changed = QUOTE.replace(old, new)
    assert changed != QUOTE
    assert unfaithful(changed, QUOTE) == ""


def test_the_number_of_a_figure_is_no_value_of_the_quote() -> None:
    """Else `7 of twelve moulds` would be borne out by `(Fig. 7)`."""
    assert unfaithful("Resin slowed 7 moulds.", "Resin slowed moulds (Fig. 7).") == "numbers"


def test_an_end_of_a_range_is_no_value_of_its_own() -> None:
    quote = "Growth rose by 5–9 % in pine and 20–40 % in oak."
    assert unfaithful("Growth rose by 5 % and by 20–40 % in oak.", quote) == "numbers"
    assert faithful("Growth rose by between 20 and 40 % in oak.", quote)


def test_not_only_denies_nothing_and_two_denials_are_two() -> None:
    assert negations("not only pine but also oak") == 0
    assert negations("neither pine nor oak did not rot") == 3
    assert negations("NO and nitric oxide (NO) fell") == 0


@given(st.text(max_size=80))
def test_every_text_is_faithful_to_itself(text: str) -> None:
    assert faithful(text, text)


@given(st.text(alphabet="0123456789.,-–−±<>%µ mgkl/×^²⁻()to and", max_size=60))
def test_every_row_of_numbers_is_faithful_to_itself(text: str) -> None:
    assert faithful(text, text)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["mg", "%", "°C", "days", ""]))
def test_two_numbers_are_faithful_only_if_they_are_one(a: int, b: int, unit: str) -> None:
    claim, quote = (f"The mass was {n} {unit} in all." for n in (a, b))
    assert faithful(claim, quote) is (a == b)
