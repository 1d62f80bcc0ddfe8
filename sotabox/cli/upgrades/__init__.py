"""What `sotabox upgrade` does on a server, step by step."""
