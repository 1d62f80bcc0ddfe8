"""What `sotabox doctor` looks at: a module a subject, each of which finds and changes nothing."""
