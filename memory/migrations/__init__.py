"""Steps that bring an older workspace to the present tables. Run by `memory.database` alone."""
