"""The guided tour: a small world to read about, a small model to teach, and the story itself."""
