"""The ground: the library and its prototypes, handles, errors, arrays and data, progress."""
