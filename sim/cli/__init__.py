"""The front desk: the `vatp` command."""
