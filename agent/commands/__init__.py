"""The commands, one file for each group. Nothing heavy is imported until a command runs."""
