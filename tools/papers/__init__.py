"""Where papers come from: each source gives Paper records and says what it left out."""
