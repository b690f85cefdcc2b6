"""Speed, measured on the product's own processes over real sockets with fsync on. See `__main__`."""
