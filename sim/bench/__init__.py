"""Measuring the matching core: the same command streams through its doors and through other books."""
