-- Finds a model's latest replies, from which the cost and time of the next calls are estimated.
create index replies_by_model on replies (model)
