"""Which field has which position in the records of X9.37 (DSTU 2003) and X9.100-187.

Positions are those of the standard. Levels 03, 30 and 35 agree on every field used here; fields that a
level reserves stay blank. Records 52 and 27/34 continue with parts of stated length: see `images` and `reader`.
"""

from __future__ import annotations

from lockbox.formats.records import layout

FILE_HEADER = layout(
    "01",
    "file header",
    """
    1-2 N code = 01
    3-4 N level = 03
    5 A test = P
    6-14 N destination_routing
    15-23 N origin_routing
    24-31 N created_on
    32-35 N created_time
    36 A resend = N
    37-54 A destination_name
    55-72 A origin_name
    73 A file_id
    74-75 A country
    76-79 A user
    80 A companion
    """,
)
CASH_LETTER_HEADER = layout(
    "10",
    "cash letter header",
    """
    1-2 N code = 10
    3-4 N collection_type = 01
    5-13 N destination_routing
    14-22 N origin_routing
    23-30 N business_date
    31-38 N created_on
    39-42 N created_time
    43 A records = I
    44 A documentation = G
    45-52 A id
    53-66 A contact_name
    67-76 A contact_phone
    77 A work_type
    78 A returns
    79 A user
    80 A reserved
    """,
)
BUNDLE_HEADER = layout(
    "20",
    "bundle header",
    """
    1-2 N code = 20
    3-4 N collection_type = 01
    5-13 N destination_routing
    14-22 N origin_routing
    23-30 N business_date
    31-38 N created_on
    39-48 A id
    49-52 A sequence
    53-54 A cycle
    55-63 A return_routing
    64-68 A user
    69-80 A reserved
    """,
)
CHECK = layout(
    "25",
    "check detail",
    """
    1-2 N code = 25
    3-17 B aux_on_us
    18 A epc
    19-26 B routing
    27 A check_digit
    28-47 B on_us
    48-57 N amount
    58-72 A sequence
    73 A documentation = G
    74 A return_acceptance
    75 A micr_valid = 1
    76 A bofd = Y
    77-78 N addenda
    79 A correction
    80 A archive = B
    """,
)
ADDENDUM_A = """
    3 N number = 1
    4-12 N bofd_routing
    13-20 N business_date
    21-35 A sequence
    36-53 A deposit_account
    54-58 A branch
    59-73 A payee
    74 A truncation = Y
    75 A conversion = 2
    76 A correction = 0
    77 A user
    78-80 A reserved
    """
ADDENDUM_B = """
    3 N key_indicator = 1
    4-18 A archive_sequence
    19-22 N key_length = 0000
    """
ADDENDUM_C = """
    3-4 N number = 01
    5-13 N endorser_routing
    14-21 N business_date
    22-36 A sequence
    37 A truncation = N
    38 A conversion = 0
    39 A correction = 0
    40 A return_reason
    41-55 A user
    56 A endorser_kind
    57-80 A reserved
    """
CHECK_ADDENDUM_A = layout("26", "check addendum A", "1-2 N code = 26" + ADDENDUM_A)
CHECK_ADDENDUM_B = layout("27", "check addendum B", "1-2 N code = 27" + ADDENDUM_B)
CHECK_ADDENDUM_C = layout("28", "check addendum C", "1-2 N code = 28" + ADDENDUM_C)
RETURN = layout(
    "31",
    "return",
    """
    1-2 N code = 31
    3-10 B routing
    11 A check_digit
    12-31 B on_us
    32-41 N amount
    42 A return_reason
    43-44 N addenda
    45 A documentation = G
    46-53 N forward_date
    54-68 A sequence
    69 A epc
    70 A notification
    71 A archive = B
    72 A times_returned
    73-80 A reserved
    """,
)
RETURN_ADDENDUM_A = layout("32", "return addendum A", "1-2 N code = 32" + ADDENDUM_A)
RETURN_ADDENDUM_B = layout(
    "33",
    "return addendum B",
    """
    1-2 N code = 33
    3-20 A payor_bank
    21-35 B aux_on_us
    36-50 A sequence
    51-58 N business_date
    59-80 A payor_name
    """,
)
RETURN_ADDENDUM_C = layout("34", "return addendum C", "1-2 N code = 34" + ADDENDUM_B)
RETURN_ADDENDUM_D = layout("35", "return addendum D", "1-2 N code = 35" + ADDENDUM_C)
IMAGE_DETAIL = layout(
    "50",
    "image view detail",
    """
    1-2 N code = 50
    3 A indicator = 1
    4-12 N creator_routing
    13-20 N created_on
    21-22 N format = 00
    23-24 N compression = 00
    25-31 N size
    32 N side
    33-34 N descriptor = 00
    35 A signed = 0
    36-37 A signature_method
    38-42 A key_size
    43-47 A protected_start
    48-54 A protected_length
    55 A recreate
    56-63 A user
    64-80 A reserved
    """,
)
IMAGE_DATA = layout(
    "52",
    "image view data",
    """
    1-2 N code = 52
    3-11 N origin_routing
    12-19 N business_date
    20-21 A cycle
    22-36 A sequence
    37-52 A security_originator
    53-68 A security_authenticator
    69-84 A security_key
    85 A clipping = 0
    86-89 A clip_h1
    90-93 A clip_h2
    94-97 A clip_v1
    98-101 A clip_v2
    102-105 N key_length = 0000
    """,
)
IMAGE_ANALYSIS = layout(
    "54",
    "image view analysis",
    """
    1-2 N code = 54
    3 A quality
    4 A usability
    5 A vendor
    6 A partial
    7 A skew
    8 A piggyback
    9 A too_light_or_dark
    10 A streaks
    11 A below_minimum_size
    12 A above_maximum_size
    13-25 A reserved
    26-80 A usability_and_user
    """,
)
CREDIT_A = layout(
    "61",
    "credit, layout A",
    """
    1-2 N code = 61
    3-17 B aux_on_us
    18 A epc
    19-27 N routing
    28-47 B on_us
    48-57 N amount
    58-72 A sequence
    73 A documentation = G
    74 A account_type
    75 A source_of_work
    76 A work_type
    77 A side
    78-80 A reserved
    """,
)
CREDIT_B = layout(
    "61",
    "credit, layout B",
    """
    1-2 N code = 61
    3 A usage
    4-18 B aux_on_us
    19 A epc
    20-28 N routing
    29-48 B on_us
    49-58 N amount
    59-73 A sequence
    74 A documentation = G
    75 A account_type
    76 A source_of_work
    77 A work_type
    78 A side
    79-80 A reserved
    """,
)
CREDIT_ITEM = layout(
    "62",
    "credit item",
    """
    1-2 N code = 62
    3-17 B aux_on_us
    18 A epc
    19-27 N routing
    28-47 B on_us
    48-61 N amount
    62-76 A sequence
    77 A documentation = G
    78 A account_type
    79-80 A source_of_work
    81-96 A user
    97-100 A reserved
    """,
)
BUNDLE_CONTROL = layout(
    "70",
    "bundle control",
    """
    1-2 N code = 70
    3-6 N items
    7-18 N amount
    19-30 N micr_valid_amount
    31-35 N images
    36-55 A user
    56 A credit_total
    57-80 A reserved
    """,
)
CASH_LETTER_CONTROL = layout(
    "90",
    "cash letter control",
    """
    1-2 N code = 90
    3-8 N bundles
    9-16 N items
    17-30 N amount
    31-39 N images
    40-57 A origin_name
    58-65 N settlement_date
    66 A credit_total
    67-80 A reserved
    """,
)
FILE_CONTROL = layout(
    "99",
    "file control",
    """
    1-2 N code = 99
    3-8 N cash_letters
    9-16 N records
    17-24 N items
    25-40 N amount
    41-54 A contact_name
    55-64 A contact_phone
    65 A credit_total
    66-80 A reserved
    """,
)

ADDENDA = {
    addendum.code: addendum
    for addendum in (
        CHECK_ADDENDUM_A,
        CHECK_ADDENDUM_B,
        CHECK_ADDENDUM_C,
        RETURN_ADDENDUM_A,
        RETURN_ADDENDUM_B,
        RETURN_ADDENDUM_C,
        RETURN_ADDENDUM_D,
    )
}
# Known by number and kept as they came: account totals, user records, box and routing number summaries.
UNREAD = ("40", "41", "68", "75", "85")
LAYOUTS = {
    **ADDENDA,
    **{
        record.code: record
        for record in (
            FILE_HEADER,
            CASH_LETTER_HEADER,
            BUNDLE_HEADER,
            CHECK,
            RETURN,
            IMAGE_DETAIL,
            IMAGE_DATA,
            IMAGE_ANALYSIS,
            CREDIT_A,
            CREDIT_ITEM,
            BUNDLE_CONTROL,
            CASH_LETTER_CONTROL,
            FILE_CONTROL,
        )
    },
}
KNOWN = frozenset(LAYOUTS) | frozenset(UNREAD)
