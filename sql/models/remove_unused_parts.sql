-- Takes the parts away that no reply leads to. One statement, so that no reply is kept between looking and removing.
-- Grain: one row a part.
delete from parts
where hash not in (
    select params from replies
    union
    select each.value
    from replies
    cross join json_each(case when json_valid(replies.messages) then replies.messages else '[]' end) as each
)
