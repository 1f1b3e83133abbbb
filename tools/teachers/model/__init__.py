"""The teacher that asks a language model, through any chat model of langchain.

One structured reply a group of passages (`packing`, `ask`, `wire`), read leniently (`lenient`,
`fit`) and believed only as far as the source bears it out (`locate`, `drafts`). Which model a role
is bound to, what calls cost and how many run at once are left to the agent.
"""

from tools.teachers.model.judge import QuestionJudge
from tools.teachers.model.losses import Loss
from tools.teachers.model.teacher import ModelTeacher
from tools.teachers.model.wire import Mode

__all__ = ["Loss", "Mode", "ModelTeacher", "QuestionJudge"]
