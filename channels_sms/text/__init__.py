"""What a text weighs on the air and how it travels: alphabets, cutting, headers, joining.

Pure functions over str and bytes: no Django, no socket. Of the other packages only the simulator and config
may import them.
"""
