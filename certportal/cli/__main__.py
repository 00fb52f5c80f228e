"""``python -m certportal.cli``: the same command where the script is not on the path."""

from certportal.cli import main

main()
