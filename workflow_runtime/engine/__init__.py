"""The token engine: the only room that imports SpiffWorkflow.

SpiffWorkflow moves tokens and nothing else here: its task data stays empty, variables live once per case, and what the library would
do by itself (scripts, wall-clock timers, error propagation to siblings) is replaced by small classes of our own.
"""
