"""The `sotabox` command: a module a command, each of which imports its libraries when it runs."""
