# SPDX-License-Identifier: ISC
"""What a part of the bench is: a generator function of rows, and its two forms.

A function without a mark is a part of make bench, and takes nothing. sizes() marks
one that has a form for make bench-large, or both:

    @sizes(short=10_000, large=100_000)
    def burst(size):
        yield row(...)

    @sizes(large=1_000_000)
    def undo(size):
"""

SHORT = "short"  # make bench: the whole of it at most 15 minutes
LARGE = "large"  # make bench-large: up to hours


def sizes(**size_of):
    """Mark a part: it is called with the size of the form that runs."""
    assert set(size_of) <= {SHORT, LARGE}, size_of

    def mark(part):
        part.sizes = size_of
        return part

    return mark


def rows_of(part, form):
    """A generator of this form's rows, or None: the part has no such form."""
    if not hasattr(part, "sizes"):
        return part() if form == SHORT else None
    return part(part.sizes[form]) if form in part.sizes else None
