"""What we ask of models: one prompt a file. The offline engine needs none."""
