"""Other people's order books as contenders, a file each. None of them is a dependency."""
