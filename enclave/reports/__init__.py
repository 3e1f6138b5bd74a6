"""School reports: growth against the national mean, for groups that the staff know anyway."""

from enclave.reports.stage import make_reports

__all__ = ["make_reports"]
