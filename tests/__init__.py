"""Claims about every room, in a folder of its name. About the whole house: the files here."""
