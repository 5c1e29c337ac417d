-- Writes the whole file anew, without its free pages. Nobody else writes until it is done.
vacuum
