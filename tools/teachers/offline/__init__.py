"""The offline teacher: classical language processing, no model, no network.

It really does the work (sentence roles, self-contained claims, typed questions), within the limits
of rules: it never says what the paper does not, and it passes over what it cannot parse.
"""

from __future__ import annotations

from tools.teachers.offline.teacher import OfflineTeacher

__all__ = ["OfflineTeacher"]
