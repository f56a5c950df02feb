"""What all tests share."""

from hypothesis import settings

# The first example may compile a kernel, and other work may slow the machine: time is not the property.
settings.register_profile("vatp", deadline=None)
settings.load_profile("vatp")
