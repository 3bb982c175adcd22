"""Tables, figures, a self-contained HTML page and terminal output: reports read results and run nothing."""
