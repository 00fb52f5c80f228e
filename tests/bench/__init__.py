"""Speed, as ratios to something measured beside it in the same run: `make bench`, or `make bench ONLY=sweep`.

Each module has ROWS: the row's name, and a function that measures it and answers with a Row.
"""
