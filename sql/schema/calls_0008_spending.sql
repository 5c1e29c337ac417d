-- `usage` stands in its place.
drop table spending
