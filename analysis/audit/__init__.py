"""Hold a run against the platform's promises, from its log alone.

The platform enforces its rules while it runs; this package recomputes the same promises afterwards and
shares no code with it, so that it catches the platform's mistakes. `audit(log, terms)` judges every
registered promise; a promise is one small file in `analysis.audit.promises`.
"""

from analysis.audit.auditor import Report, audit, audit_run
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Finding, Offence, Tally, Verdict
from analysis.audit.reading import Log
from analysis.audit.registry import (
    AuditError,
    Check,
    Promise,
    check_promise_names,
    promise,
    select_promises,
)
from analysis.audit.terms import Terms, TermsError, read_terms

__all__ = [
    "AuditError",
    "Check",
    "Evidence",
    "Finding",
    "Log",
    "Offence",
    "Promise",
    "Report",
    "Tally",
    "Terms",
    "TermsError",
    "Verdict",
    "audit",
    "audit_run",
    "check_promise_names",
    "promise",
    "read_terms",
    "select_promises",
]
