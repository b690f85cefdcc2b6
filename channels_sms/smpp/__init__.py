"""SMPP 3.4 towards operators: codec, session, link. Section numbers in comments are those of SMPP 3.4 issue
1.2.
"""
