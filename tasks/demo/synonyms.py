"""Which everyday words mean nearly the same? A small thesaurus of plain English, by stems.

It stands in for what any reader of English knows before they see a product's documentation. It knows no product: it was
written as groups of words that a dictionary lists together, and a word in two groups belongs to the first.
"""

from tasks.demo.text import stem

_GROUPS = """
    parcel package packet shipment delivery consignment
    customer client shopper buyer consumer patron
    buy purchase
    money cash funds
    pay payment settle
    charge bill debit
    mail email e-mail
    cart basket trolley
    item product article good
    stock inventory
    tag label mark
    cancel void annul
    delete erase wipe destroy
    refund reimburse repay
    late delayed delay overdue
    fail decline reject refuse
    start begin launch
    register join enrol enroll signup
    newsletter mailing bulletin
    hold pause suspend halt
    hide conceal unpublish
    show publish list visible
    change edit modify alter update amend adjust
    arrive receive reach land
    dispute chargeback contest
    ship send dispatch post fulfill fulfil fulfillment
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
    rating score stars
    note comment remark memo
    quote draft estimate
    renew extend
    staff team crew colleague employee
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
    create make new add
    remove strip drop take
    abandon leave quit
    subscribe subscription subscriber
    collect capture
    assign hand
    archive file shelve
    average mean usual typical
    lifetime ever
    address destination
    express fast quick
    website online web
    spreadsheet sheet
    ticket case
    card
    reason cause why ground
    status state
    method way option
    first initial
"""

_CLASS = {
    stem(word): f"~{group.split()[0]}"
    for group in reversed(_GROUPS.strip().splitlines())
    for word in group.split()
    if len(group.split()) > 1
}


def meaning(root: str) -> str | None:
    """The group that a stem belongs to, or None."""
    return _CLASS.get(root)
