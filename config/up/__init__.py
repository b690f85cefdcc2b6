"""One machine, one command: the engines, the processes and the supervisor that keeps them."""
