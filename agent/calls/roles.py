"""Who does which work, by the settings: rules, or models behind connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from agent.calls.connections import Connections
    from tools.replies.losses import Loss
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


def engines(
    settings: Settings, connections: Connections, on_loss: Callable[[Loss], None]
) -> Engines:
    """The engines that the settings name. Raises NoSuch for a name that they do not hold.

    on_loss: hears what replies did not give.
    """
    if settings.roles.teacher == OFFLINE:
        found = _rules(settings)
    else:
        found = _models(settings, connections, on_loss)
    if not settings.roles.judge:
        return found
    from tools.teachers.model.judge import QuestionJudge
    from tools.teachers.model.pairs import PairJudge

    judge = connections.connection("judge")
    return replace(found, judge=QuestionJudge(judge, on_loss), pairs=PairJudge(judge, on_loss))


# Each loads what it needs: the clients of models alone take a second.


def _rules(settings: Settings) -> Engines:
    from tools.teachers import Threaded
    from tools.teachers.offline import OfflineTeacher
    from tools.teachers.offline.profile import OfflineProfiler

    teacher = Threaded(OfflineTeacher(settings.questions.options))
    return Engines(teacher, OfflineProfiler() if settings.work.profile else None)


def _models(
    settings: Settings, connections: Connections, on_loss: Callable[[Loss], None]
) -> Engines:
    from tools.teachers.model.enrich import Enricher
    from tools.teachers.model.screen import Screener
    from tools.teachers.model.teacher import ModelTeacher

    teacher, work = connections.connection("teacher"), settings.work
    return Engines(
        ModelTeacher(teacher, on_loss, options=settings.questions.options),
        Enricher(teacher, on_loss) if work.profile else None,
        Screener(teacher, on_loss) if work.relevance else None,
    )
