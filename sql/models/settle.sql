-- Turns an amount that was set aside into what the call did cost.
-- Grain: one row. Parameters: day, amount, cost (billionths of a US dollar).
update spending
set
    reserved = reserved - $amount,
    settled = settled + $cost
where day = $day
