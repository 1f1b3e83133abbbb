"""What earlier calls teach about those to come; where there were none, what is taken for granted.

Every figure that is not from the ledger is named in `taken`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from memory.records import Call, Extraction, Probe
from prompts import load, names
from tools.endpoints.endpoint import Mode

if TYPE_CHECKING:
    from memory.store import Store

WRITTEN = {"extract": 700, "questions": 1300, "enrich": 250, "screen": 60, "judge_question": 320,
           "judge_pair": 150, "probe_choice": 5}  # fmt: skip
"""Tokens of a reply: as many items as its prompt asks for."""
NUGGETS = 6
"""That one call of the teacher finds."""
PROBES = 7
"""Calls to probe a nugget: half of the most, as in docs/benchmarks.md."""
START, PACE = 2, 50
"""Seconds until a reply begins, and its tokens a second."""
CHARACTERS, ABOUT = 4, 60
"""Of a token; and tokens of a nugget's claim and quote together."""
RECENT = 1000
"""Earlier calls that are looked at for their seconds."""


@dataclass
class History:
    """Asked about a model and a prompt, both by name."""

    store: Store
    _taken: list[str] = field(default_factory=list)
    _lengths: list[str] = field(default_factory=list)
    _recent: dict[str, list[Call]] = field(default_factory=dict)

    def mode(self, model: str) -> Mode | None:
        """In which way the model answered in a schema; None where it never did."""
        schemas = {name for name in names() if load(name).reply}
        for call in reversed(self._calls(model)):
            if call.prompt.partition("@")[0] in schemas:
                told = json.loads(call.parameters or "{}")
                ways = {"extra_body": Mode.SCHEMA, "tools": Mode.TOOL}
                return next((mode for name, mode in ways.items() if name in told), Mode.TEXT)
        return None

    def written(self, model: str, prompt: str) -> float:
        """Tokens of a reply, in the mean."""
        if known := self._mean(model, prompt, "tokens_out"):
            self.take("replies are as long, and take as long, as earlier ones")
            return known
        if (told := f"to {prompt} {WRITTEN[prompt]:,}") not in self._lengths:
            self._lengths.append(told)
        return WRITTEN[prompt]

    def read(self, model: str, prompt: str) -> float:
        """Tokens of a request about one nugget, in the mean."""
        asked = load(prompt)
        schema = json.dumps(asked.schema_class.strict_schema()) if asked.reply else ""
        bare = len(asked.system + asked.user + schema) / CHARACTERS + ABOUT
        return self._mean(model, prompt, "tokens_in") or bare

    def seconds(self, model: str, prompt: str, tokens: float) -> float:
        """Until a reply of so many tokens is there: the middle one of the recent."""
        made_by = load(prompt).made_by
        if took := [call.latency for call in self._calls(model) if call.prompt == made_by]:
            return median(took)
        self.take(f"a reply begins after {START} s and goes on at {PACE} tokens a second")
        return START + tokens / PACE

    def nuggets(self, model: str) -> float:
        """That one call of the teacher finds, in the mean."""
        made_by = load("extract").made_by
        calls = self.store.count(Call, model=model, prompt=made_by, outcome="ok")
        extractions = (h for h in self.store.all(Extraction) if h.made_by == f"{model}:{made_by}")
        if calls and (found := sum(len(one.nuggets) for one in extractions)):
            return found / calls
        self.take(f"a call finds {NUGGETS} nuggets")
        return NUGGETS

    def probes(self, model: str, version: str) -> float:
        """Calls that one nugget takes to be probed, in the mean. version: ModelVersion id."""
        calls = self.store.count(Call, model=model, role="target", outcome="ok")
        if calls and (probes := self.store.count(Probe, model=version)):
            return calls / probes
        self.take(f"a nugget is probed in {PROBES} calls")
        return PROBES

    def take(self, told: str) -> None:
        """Name something that is taken for granted."""
        if told not in self._taken:
            self._taken.append(told)

    @property
    def taken(self) -> list[str]:
        """All that is taken for granted, in words."""
        lengths = f"replies have so many tokens: {', '.join(self._lengths)}"
        return [*self._taken, lengths] if self._lengths else self._taken

    def _mean(self, model: str, prompt: str, of: str) -> float:
        """0 where there was no such call."""
        asked = {"model": model, "prompt": load(prompt).made_by, "outcome": "ok"}
        [told] = self.store.totals(Call, (), (of,), **asked)
        return float(told[of] / max(1, told["count"]))

    def _calls(self, model: str) -> list[Call]:
        """Answered calls of the last day that had any."""
        if model not in self._recent:
            days = self.store.totals(Call, ("day",), model=model, outcome="ok")
            last = days[-1]["day"].replace("-", "") if days else "never"
            with self.store.reading() as rows:
                # Ids of calls begin with their day.
                found = rows.all(Call, id=rows.like(Call, last, RECENT))
            self._recent[model] = [c for c in found if (c.model, c.outcome) == (model, "ok")]
        return self._recent[model]
