"""Trace a figure back: why an event happened, in sentences, with the rules of its time."""

from analysis.tracing.amounts import clock, day
from analysis.tracing.evidence import Fact
from analysis.tracing.explanation import Explanation, Step, explain
from analysis.tracing.law import RuleInForce, rule_in_force
from analysis.tracing.law import in_words as rule_in_words
from analysis.tracing.sentences import sentence
from analysis.tracing.timeline import Timeline, TokenError, month_in_words, timeline

__all__ = [
    "Explanation",
    "Fact",
    "RuleInForce",
    "Step",
    "Timeline",
    "TokenError",
    "clock",
    "day",
    "explain",
    "month_in_words",
    "rule_in_force",
    "rule_in_words",
    "sentence",
    "timeline",
]
