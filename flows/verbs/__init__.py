"""One verb of the command line a file; the file's name is the verb's."""
