"""What something would take, told before it is done: calls, tokens, money, time."""
