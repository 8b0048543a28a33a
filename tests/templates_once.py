"""Templates are compiled once in a process of the tests, not once for each of its applications."""

from flask import Flask
from jinja2 import BytecodeCache


class Compiled(BytecodeCache):
    """Keyed by the source: what has changed is compiled anew."""

    def __init__(self):
        self.codes = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.codes:
            bucket.bytecode_from_string(self.codes[bucket.key])

    def dump_bytecode(self, bucket):
        self.codes[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
