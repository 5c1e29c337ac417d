-- Notes that a migration has been carried out. Parameters: name.
insert into migration (name) values ($name)
