"""VATP Lab: an event-by-event simulation of a Hong Kong licensed virtual-asset trading platform."""
