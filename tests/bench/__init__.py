"""How fast is the portal, and does it stay so with many cases?  `make bench`."""
