"""Clerical review: every pupil in review as a case, what reviewers decide, and what comes of it."""
