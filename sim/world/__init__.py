"""What the platform does not control: people, outside prices, the rhythm of the day."""
