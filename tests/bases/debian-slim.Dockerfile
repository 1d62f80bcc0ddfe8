FROM sotabox-test/debian:1
