"""Each performance figure the project quotes, as a runnable script."""
