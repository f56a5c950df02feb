"""The order plane: trading agents compiled around the matching core, advanced between control events."""
