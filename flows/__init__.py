"""What a person or a schedule starts: one Prefect flow a file, and the command line."""
