"""Properties of an Amazon S3 profile."""

from tessera.connectors.contract import Property, PropertyKind, ShownWhen
from tessera.connectors.kinds.lines import clean_line
from tessera.connectors.kinds.objects.settings import ROOT_PATH, credentials, endpoint, matching, when

ACCESS_KEY, ROLE = "access_key", "role"
NONE, SSE_S3, SSE_KMS = "none", "sse_s3", "sse_kms"

PROPERTIES = (
    Property(
        "bucket",
        "Bucket",
        "Name of the bucket.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]", "A bucket name has letters, digits, . and -."),
    ),
    Property(
        "region",
        "Region",
        "Region of the bucket, such as eu-central-1.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[a-z0-9-]{1,40}", "A region reads like eu-central-1."),
    ),
    credentials({ACCESS_KEY: "Access key", ROLE: "Access key and role"}),
    Property(
        "access_key_id",
        "Access Key ID",
        "Public half of the key.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[!-~]{1,128}", "An access key id holds visible ASCII characters only."),
    ),
    Property(
        "secret_access_key",
        "Secret Access Key",
        "Secret half of the key.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_line,
        sent_to=("endpoint_url", "region"),
    ),
    Property(
        "role_arn",
        "Role ARN",
        "Role that the access key takes on.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]{1,512}", "An ARN reads arn:aws:iam::…:role/…."),
        shown_when=when(ROLE),
    ),
    Property(
        "external_id",
        "External ID",
        "What the role's owner asks for, if anything.",
        PropertyKind.TEXT,
        clean=matching(r"[\w+=,.@:/-]{2,1224}", "An external id has letters, digits and + = , . @ : / -."),
        shown_when=when(ROLE),
    ),
    endpoint("For stores that speak like S3; empty is Amazon's own in the region."),
    ROOT_PATH,
    Property(
        "server_side_encryption",
        "Server-side encryption",
        "How the store encrypts what is written.",
        PropertyKind.ENUM,
        default=NONE,
        choices=(NONE, SSE_S3, SSE_KMS),
        choice_labels={NONE: "None", SSE_S3: "SSE-S3", SSE_KMS: "SSE-KMS"},
    ),
    Property(
        "kms_key_id",
        "KMS key ID",
        "Key that the store encrypts with.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[!-~]{1,2048}", "A key id holds visible ASCII characters only."),
        shown_when=ShownWhen("server_side_encryption", frozenset({SSE_KMS})),
    ),
)
