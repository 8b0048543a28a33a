"""`python -m web` is the `crane` command: it works without the script being on the path."""

from web.cli import main

main()
