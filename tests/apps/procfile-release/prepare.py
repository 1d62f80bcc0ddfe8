import sys

print("nothing to migrate on Python", sys.version_info.major)
