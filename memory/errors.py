"""What the world does to us. Our own bugs are not here: they crash, with a traceback."""

from __future__ import annotations


class Trouble(Exception):
    """Something the world did, told so that a person can act on it.

    what: what happened.
    fix: what to do about it; may be empty.

    ├── BadInput            the user gave something that cannot be used
    │   ├── NoSuch          no interest, run, nugget or model of that name
    │   └── NothingToDo     an empty folder, nothing accepted, nothing to teach
    ├── WorkspaceTrouble    the workspace cannot be used as it is
    │   ├── NewerWorkspace  a newer Goldpan wrote it
    │   ├── Locked          another process owns it
    │   └── NoSpace         the disk is full
    ├── Unreadable          one paper could not be read; carries a reason code
    ├── SourceDown          a paper source did not answer
    ├── BadReply            a language model's reply is no answer; carries a reason code
    ├── EndpointTrouble     a model's endpoint cannot be used; carries a reason code
    ├── BudgetReached       the next call could pass a budget
    ├── BadModel            a model directory is missing, damaged or refused
    ├── TrainingFailed      the training program ended badly
    └── GateRefused         the trained version is not good enough
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}".strip()


class BadInput(Trouble):
    """The user gave something that cannot be used."""


class NoSuch(BadInput):
    """Nothing has that name."""


class NothingToDo(BadInput):
    """The request is fine, but there is nothing to work on."""


class WorkspaceTrouble(Trouble):
    """The workspace cannot be used as it is."""


class NewerWorkspace(WorkspaceTrouble):
    """A newer Goldpan wrote this workspace."""


class Locked(WorkspaceTrouble):
    """Another process owns the workspace."""


class NoSpace(WorkspaceTrouble):
    """The disk is full."""


class Unreadable(Trouble):
    """One paper could not be read.

    reason: a code: not_a_pdf, not_a_paper, encrypted, damaged, no_text_layer, empty,
    garbage_text, too_large, timeout, out_of_memory, missing, duplicate, no_findings.
    transient: whether trying again later may help.
    """

    def __init__(self, reason: str, what: str, fix: str = "", *, transient: bool = False) -> None:
        super().__init__(what, fix)
        self.reason = reason
        self.transient = transient


class SourceDown(Trouble):
    """A paper source did not answer."""


class BadReply(Trouble):
    """A language model's reply is no answer, also after one repair.

    reason: a code: empty, refused, filtered (by the endpoint), cut (at the length limit), too_long
    (what was asked), error_body (an error in place of a reply), unsupported, unreadable, declined
    (the request), busy and down (no reply came, however often it was asked for).
    """

    def __init__(self, reason: str, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.reason = reason

    @property
    def passing(self) -> bool:
        """Whether the endpoint, and not the model, owes the answer: another time may bring it."""
        return self.reason in ("busy", "down", "error_body")


class EndpointTrouble(Trouble):
    """A language model's endpoint cannot be used: every other call would meet the same.

    reason: a code: key (refused, missing or expired), forbidden, no_model, quota (used up), down
    (no reply for as long as its patience lasts), unbound.
    """

    def __init__(self, reason: str, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.reason = reason


class BudgetReached(Trouble):
    """The next call could pass a budget. Nothing that was paid for is lost."""


class BadModel(Trouble):
    """A model directory is missing, damaged or refused."""


class TrainingFailed(Trouble):
    """The training program ended badly."""


class GateRefused(Trouble):
    """The trained version is not good enough to be promoted."""
