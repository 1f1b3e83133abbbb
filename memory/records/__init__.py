"""Every data type of Goldpan, defined once, by subject. Frozen; nothing here reads or writes.

What is derived from content has a content-addressed id: the same work done twice gives the same
record. What happened at a moment (a decision, a run, a job) has an id of its own. All are imported
from here, wherever they stand.
"""

from __future__ import annotations

from memory.records.base import Record, digest, new_id, now
from memory.records.calls import Call, Reply
from memory.records.decisions import Action, Decision
from memory.records.interests import Interest, InterestStatus
from memory.records.models import ExamAnswer, ModelVersion, Score, Stage, TeachingResult
from memory.records.nuggets import Extraction, Kind, Link, Nugget, NuggetStatus, Relation
from memory.records.papers import (
    Document,
    Paper,
    PaperStatus,
    Passage,
    Profile,
    Relevance,
    Sighting,
)
from memory.records.probes import Probe, Verdict
from memory.records.questions import GAP, Level, Purpose, Question, QuestionKind, QuestionSet
from memory.records.runs import Event, Run, RunStatus
from memory.records.training import Dataset, Job, JobStatus, TrainingSpec

__all__ = [
    "GAP",
    "Action",
    "Call",
    "Dataset",
    "Decision",
    "Document",
    "Event",
    "ExamAnswer",
    "Extraction",
    "Interest",
    "InterestStatus",
    "Job",
    "JobStatus",
    "Kind",
    "Level",
    "Link",
    "ModelVersion",
    "Nugget",
    "NuggetStatus",
    "Paper",
    "PaperStatus",
    "Passage",
    "Probe",
    "Profile",
    "Purpose",
    "Question",
    "QuestionKind",
    "QuestionSet",
    "Record",
    "Relation",
    "Relevance",
    "Reply",
    "Run",
    "RunStatus",
    "Score",
    "Sighting",
    "Stage",
    "TeachingResult",
    "TrainingSpec",
    "Verdict",
    "digest",
    "new_id",
    "now",
]
