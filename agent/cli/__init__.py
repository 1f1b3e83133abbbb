"""The command line, a file a group. Parse, call a service, show; nothing heavy at import."""
