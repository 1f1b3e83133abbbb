"""The teacher that asks a language model, and what else models do for papers and questions.

One structured reply a group of passages (`packing`), asked and read by `tools.replies`, and
believed only as far as the source bears it out (`locate`, `candidates`). Which model a role is
bound to is left to the agent; what calls cost and how many run at once, to `tools.endpoints`.
"""

from tools.replies.losses import Loss
from tools.teachers.model.judge import QuestionJudge
from tools.teachers.model.teacher import ModelTeacher

__all__ = ["Loss", "ModelTeacher", "QuestionJudge"]
