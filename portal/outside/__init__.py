"""The world outside: time, mail, paper, codes, photographs and the till.

A module of this layer imports the standard library and the one library it wraps, and
nothing of ours: what it needs to know, it is told.
"""
