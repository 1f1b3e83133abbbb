"""What the nodes call, one file a step."""
