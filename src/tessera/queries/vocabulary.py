"""What a query may be made of: parts of SQL, functions, types. Everything else is refused by name.

Left out on purpose: whatever reads files, settings or catalogs, sleeps, takes locks, runs a query given as text, draws
random values, makes rows out of nothing, or acts on other sessions.
"""

AGGREGATES = """
array_agg avg bit_and bit_or bool_and bool_or corr count covar_pop covar_samp every json_agg json_object_agg jsonb_agg
jsonb_object_agg max min mode percentile_cont percentile_disc regr_count regr_slope regr_intercept stddev stddev_pop
stddev_samp string_agg sum var_pop var_samp variance
"""
WINDOWS = """
cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
"""
NUMBERS = """
abs cbrt ceil ceiling degrees div exp floor greatest least ln log log10 mod pi power radians round scale sign sqrt
trunc width_bucket
"""
TEXTS = """
ascii btrim char_length character_length chr concat concat_ws format initcap left length lower lpad ltrim md5
normalize octet_length overlay position quote_ident quote_literal quote_nullable regexp_count regexp_like
regexp_match regexp_replace regexp_substr replace reverse right rpad rtrim sha256 split_part starts_with strpos
substr substring to_char to_hex to_number translate trim upper encode decode convert_to
"""
MOMENTS = """
age clock_timestamp date_bin date_part date_trunc extract isfinite justify_days justify_hours justify_interval
make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp timezone to_date
to_timestamp transaction_timestamp
"""
JSON = """
array_to_json json_array_length json_build_array json_build_object json_extract_path json_extract_path_text json_object
json_strip_nulls json_typeof jsonb_array_length jsonb_build_array jsonb_build_object jsonb_extract_path
jsonb_extract_path_text jsonb_object jsonb_pretty jsonb_strip_nulls jsonb_typeof row_to_json to_json to_jsonb
"""
ARRAYS = """
array array_append array_cat array_length array_ndims array_position array_prepend array_remove array_replace
array_to_string array_upper array_lower cardinality string_to_array
"""
OTHERS = "coalesce nullif grouping num_nonnulls num_nulls in_period cast exists any all some row"

FUNCTIONS = frozenset(f"{AGGREGATES} {WINDOWS} {NUMBERS} {TEXTS} {MOMENTS} {JSON} {ARRAYS} {OTHERS}".split())

# A length of a thousand million is a thousand million bytes in the server's memory.
PADDING = frozenset({"lpad", "rpad"})
LONGEST_PADDING = 1000

# A calculation on one number of a hundred thousand digits takes as long as one on a million members.
LARGEST_EXPONENT = 100
LONGEST_NUMBER = 100
LARGEST_POWER_OF_TEN = 308
FLOATS = frozenset({"DOUBLE", "FLOAT"})
DECIMALS = frozenset({"BIGDECIMAL", "DECIMAL"})

# The parser's names of structure and operators; functions are judged by the name that was written.
STRUCTURE = """
Add Alias Aliases All And Any Array ArrayContainedBy ArrayContainsAll ArrayOverlaps AtTimeZone Between BitwiseAnd
BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor Boolean Bracket ByteString CTE Case Cast Ceil
Collate Column ColumnAlias Concat Cross Cube CurrentDate CurrentTime CurrentTimestamp DPipe DataType DataTypeParam
Distinct Div EQ Escape Except Exists Extract Fetch Filter Floor From GT GTE Group GroupConcat GroupingSets Having
HexString ILike Identifier If In IntDiv Intersect Interval Is JSONBContains JSONBContainsAllTopKeys
JSONBContainsAnyTopKeys JSONBContainsTopKey JSONBExtract JSONBExtractScalar JSONExtract JSONExtractScalar JSONPath
JSONPathKey JSONPathRoot JSONPathSubscript Join Kwarg LT LTE Lateral Like Limit LimitOptions Literal Localtime
Localtimestamp Mod Mul NEQ National Neg Not Null NullSafeEQ NullSafeNEQ Offset Or Order Ordered Overlay Paren Pow
PropertyEQ RawString RegexpILike RegexpLike Rollup Select SimilarTo Slice Star StartsWith StrPosition Sub Subquery
Substring Sum Table TableAlias Trim Tuple UnicodeString Union Values Var Where Window WindowSpec With WithinGroup Xor
"""
PARTS = frozenset(STRUCTURE.split())

# The parser's names of the types that a cast may name, whatever their spelling.
CASTS = """
ARRAY BIGDECIMAL BIGINT BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT INTERVAL JSON JSONB SMALLINT TEXT TIME TIMESTAMP
TIMESTAMPNTZ TIMESTAMPTZ TIMETZ UUID VARBINARY VARCHAR
"""
TYPES = frozenset(CASTS.split())

SYSTEM_COLUMNS = frozenset({"cmax", "cmin", "ctid", "oid", "tableoid", "xmax", "xmin"})

# Words that PostgreSQL reads as calls without parentheses.
WORDS = frozenset({"current_catalog", "current_role", "current_schema", "session_user", "system_user", "user"})
