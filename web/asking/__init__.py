"""What a page is asked for: the parameters of an address, and what was typed, read so that nothing malformed gets further."""
