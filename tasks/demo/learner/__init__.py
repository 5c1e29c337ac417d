"""The learning inside the embedded agent: n-grams, kernel ridge, softmax regression, tags, slots, edits and wishes."""
