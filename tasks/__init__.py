"""The four rooms of the wheel (collect, judge, compare, improve) and the floors that they stand on."""
