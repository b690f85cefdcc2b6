"""What a text weighs on the air and how it travels: alphabets, cutting, headers, joining.

Pure functions over str and bytes: no Django, no socket. The simulator is the only other package that may import them.
"""
