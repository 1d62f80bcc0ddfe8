"""The Model Context Protocol over standard input and output: a box's verbs for AI agents."""
