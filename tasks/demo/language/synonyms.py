"""Which everyday words and turns of phrase mean nearly the same? A small thesaurus of plain English.

It stands in for what any reader of English knows before they see a product's documentation. The groups are such as a
dictionary lists together; a word in two groups belongs to the first. It was written for shopkeepers' English by one who
had seen the simulated product, so it fits that product better than it would fit another.
"""

import re
from collections.abc import Iterator

from tasks.demo.language.text import stem

_GROUPS = """
    parcel package packet shipment delivery consignment box
    customer client shopper buyer consumer patron member
    buy purchase
    money cash funds
    pay payment settle
    charge bill debit
    mail email e-mail
    cart basket trolley checkout
    item product article merchandise
    stock inventory
    tag label mark
    cancel void annul cancellation
    delete erase wipe destroy
    refund reimburse repay
    late delay overdue
    fail decline reject refuse
    begin launch
    register join enrol enroll signup
    newsletter mailing bulletin marketing news
    hold pause suspend halt
    hide conceal unpublish
    show publish visible
    change edit modify alter update amend adjust swap switch
    notify inform tell
    arrive receive reach land
    dispute chargeback contest
    ship dispatch fulfill fulfil fulfillment
    company business firm enterprise
    vendor supplier brand maker manufacturer
    type kind sort category class
    price cost
    city town
    postcode zip postal
    language tongue
    coupon voucher promo
    discount reduction markdown rebate
    level tier rank grade
    review feedback
    rating rate score stars
    note comment remark memo
    quote draft estimate
    renew extend
    staff team crew colleague employee office people
    text sms
    warehouse depot storeroom
    country nation land
    total sum overall
    amount value worth
    number count quantity
    weight heavy weigh
    currency money
    risk risky fraud fraudulent suspicious
    gift present
    account profile login
    remove strip
    abandon quit
    subscribe subscription subscriber
    unsubscribe unsubscription
    collect capture
    assign hand
    archive file shelve
    average mean usual typical
    address destination
    express fast quick
    website online web
    spreadsheet sheet
    ticket case
    reason cause why ground
    status state
    method way option
    first initial
"""

_TURNS = r"""
    refund: (?:money|cash) back; pay\w* \S+(?: \S+)? back; get\w* refunded
    cancel: call\w* \S+(?: \S+)? off; called? off
    remove: tak\w+ \S+(?: \S+){0,3} off; untag\w*; unmark\w*
    unsubscribe: tak\w+ \S+(?: \S+)? off the (?:newsletter|list); opt\w* \S+(?: \S+)? out
    unsubscribe: stop (?:mailing|writing)
    return: send\w* \S+(?: \S+)? back; sent back; bring\w* \S+ back
    order placed: checks? out; checked out
    subscribe: opt\w* in\b; sign\w* up for
    register created: sign\w* up(?! for); makes? an account
    fail: (?:not|n't|doesnt) go through; cannot collect; bounce[sd]?
    paid: (?:goes|went|gone) through; money comes? in
    shipped fulfilled: (?:goes|go|went|gone) out; leaves? the warehouse; packed and sent
    delayed: run\w* late; behind schedule; held up; stuck
    delivered: show\w* up; turn\w* up; reaches the customer; receives? \S+ (?:goods|order|parcel)
    abandoned: left behind; leaves? without; walks? away; does not buy
    restocked stock: back in stock; available again; in again; sold out returns
    renewed: rolls? over; (?:billed|charged) again; next \S+ cycle
    cancelled: quits?; ends? (?:their|the) subscription; stops? (?:their|the) plan
    publish: put\w* \S+(?: \S+)? online; put\w* \S+(?: \S+)? live; go(?:es)? live
    unpublish: tak\w+ \S+(?: \S+)? offline; tak\w+ \S+(?: \S+)? down; pull the
    assign: hand\w* \S+(?: \S+)? over; handled by; give the order to
    archive: fil\w+ \S+(?: \S+)? away; close the order
    hold: keep\w* \S+(?: \S+)? back; not ship; put\w* \S+(?: \S+)? on hold
    release: lift the hold; let \S+ \S+ go; ship it after all
    delete: for good
    new created: comes? in; new \S+ is made; gets? a new
    message notify: let\w* \S+(?: \S+)? know
    email: write to
    price: re-?price\w*
    en: english
    fr: french
    de: german
    es: spanish
    it: italian
    usd: us dollars; american dollars
    eur: euros?
    gbp: pounds sterling; british pounds; sterling
    cad: canadian dollars
"""

_CLASS = {
    stem(word): f"~{group.split()[0]}"
    for group in reversed(_GROUPS.strip().splitlines())
    for word in group.split()
    if len(group.split()) > 1
}
_PATTERNS = [
    (re.compile(rf"\b(?:{turn.strip()})", re.IGNORECASE), tuple(stem(word) for word in meant.split()))
    for meant, turns in (line.split(":", 1) for line in _TURNS.strip().splitlines())
    for turn in turns.split(";")
]


def meaning(root: str) -> str | None:
    """The group that a stem belongs to, or None."""
    return _CLASS.get(root)


def turns_of_phrase(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where several words together mean what one plain word says: start, end, and the stems of the plain words."""
    for pattern, roots in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), roots
