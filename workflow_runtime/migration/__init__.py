"""Moving running cases to another version of their business: what would become of them, doing it, and taking it back."""
