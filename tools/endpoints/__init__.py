"""Language models behind endpoints: bound by settings, paced, paid for once, told of by name.

What is asked and how a reply is read is left to the teachers and to the probe.
"""
