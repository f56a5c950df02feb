"""The matching core: limit order books in flat integer memory, matched by compiled code.

Stands alone: no clock, no I/O, no randomness. See README.md in this folder.
"""
