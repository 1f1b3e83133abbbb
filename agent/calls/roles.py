"""Who does which work, by the settings: rules, or models behind lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.settings import OFFLINE

if TYPE_CHECKING:
    from agent.graphs.state import Context
    from tools.teachers import Teacher
    from tools.teachers.model.judge import QuestionJudge
    from tools.teachers.model.pairs import PairJudge
    from tools.teachers.model.screen import Screener
    from tools.teachers.profiler import Profiler


@dataclass(frozen=True)
class Engines:
    """Those who work on a run; where there is nobody, the work is left to code, or left out."""

    teacher: Teacher
    profiler: Profiler | None = None
    screener: Screener | None = None
    judge: QuestionJudge | None = None
    pairs: PairJudge | None = None


def engines(ctx: Context) -> Engines:
    """The crew that the settings name. Raises NoSuch for a name that they do not hold."""
    roles = ctx.settings.roles
    crew = _rules(ctx) if roles.teacher == OFFLINE else _models(ctx)
    if not roles.judge:
        return crew
    from tools.teachers.model.judge import QuestionJudge
    from tools.teachers.model.pairs import PairJudge

    line = ctx.lines.line("judge")
    return replace(crew, judge=QuestionJudge(line, ctx.lost), pairs=PairJudge(line, ctx.lost))


# Each loads what it needs: the clients of models alone take a second.


def _rules(ctx: Context) -> Engines:
    from tools.teachers import Threaded
    from tools.teachers.offline import OfflineTeacher
    from tools.teachers.offline.profile import OfflineProfiler

    teacher = Threaded(OfflineTeacher(ctx.settings.questions.options))
    return Engines(teacher, OfflineProfiler() if ctx.settings.work.profile else None)


def _models(ctx: Context) -> Engines:
    from tools.teachers.model.enrich import Enricher
    from tools.teachers.model.screen import Screener
    from tools.teachers.model.teacher import ModelTeacher

    line, work = ctx.lines.line("teacher"), ctx.settings.work
    return Engines(
        ModelTeacher(line, ctx.lost, options=ctx.settings.questions.options),
        Enricher(line, ctx.lost) if work.profile else None,
        Screener(line, ctx.lost) if work.relevance else None,
    )
