"""What every door calls: returns records or small typed results, prints nothing."""
