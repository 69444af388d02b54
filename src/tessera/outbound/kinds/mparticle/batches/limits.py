"""mParticle's default service limits, and the words it fixes. KB is taken as 1,000 bytes, to be safe."""

MOST_BATCHES = 100
MOST_EVENTS = 100
# A row adds at most one batch and one event, so so many rows keep both.
MOST_ROWS = min(MOST_BATCHES, MOST_EVENTS)

LARGEST_BATCH = 128_000
# Where we begin a further batch, and a further request: some way below what is refused.
FULL_BATCH = 100_000
FULL_REQUEST = 240_000

MOST_ATTRIBUTES = 100
LONGEST_NAME = 256
LONGEST_VALUE = 4_096
LONGEST_LIST = 1_000
LONGEST_ENTRY = 512

# Data that is older belongs to the historical endpoint, which takes none that is younger than its own limit.
OLDEST_MS = 30 * 86_400_000
YOUNGEST_HISTORICAL_MS = 72 * 3_600_000

IDENTITIES = (
    "other",
    "customer_id",
    "facebook",
    "twitter",
    "google",
    "microsoft",
    "yahoo",
    "email",
    "alias",
    "facebook_custom_audience_id",
    *(f"other_id_{number}" for number in range(2, 11)),
    "mobile_number",
    "phone_number_2",
    "phone_number_3",
)

EVENT_TYPES = (
    "navigation",
    "location",
    "search",
    "transaction",
    "user_content",
    "user_preference",
    "social",
    "other",
    "media",
)

RESERVED = (
    "$age",
    "$gender",
    "$country",
    "$zip",
    "$city",
    "$state",
    "$address",
    "$firstname",
    "$lastname",
    "$mobile",
)
