"""Forms on their way in: read and parsed before a page's transaction opens, within limits that depend on who sends."""

from litestar.enums import RequestEncodingType

from tessera.platform.bodies import LARGEST_BODY, BodyBrokenError, BodyTooLargeError, read_body
from tessera.platform.resources import Resources
from tessera.web.visitors import SAFE_METHODS, AnyRequest, check_origin, find_signed_in

# The longest form before signing in holds an address, a password and two tokens.
LARGEST_BEFORE_SIGN_IN = 64 * 1024
# Parsing costs time per field; the longest form has one box for each of a chain's enterprises.
MOST_FIELDS = 10_000


async def receive_form(request: AnyRequest, resources: Resources, *, for_anyone: bool) -> bool:
    """Read what was sent; return False, with nothing read, where the page wants a signed-in user and none sends.

    The session is looked up in a transaction of its own: none stays open while a slow body arrives.
    """
    if request.method in SAFE_METHODS:
        return True
    check_origin(request, resources.settings)
    async with resources.database.session() as session:
        signed_in = await find_signed_in(request, resources, session, resources.clock())
    request.scope["user"] = signed_in  # error pages show the user's frame
    if signed_in is None and not for_anyone:
        return False
    largest = LARGEST_BEFORE_SIGN_IN if signed_in is None else LARGEST_BODY
    body = await read_body(request.receive, request.scope["headers"], largest)
    if request.content_type[0] == RequestEncodingType.URL_ENCODED and body.count(b"&") >= MOST_FIELDS:
        raise BodyTooLargeError(f"The form has too many fields. Send at most {MOST_FIELDS:,}.")
    request._body = request._connection_state.body = body
    try:
        await request.form()
    except (LookupError, ValueError):  # an encoding that is unknown or does not fit
        raise BodyBrokenError("The form cannot be read. Go back, reload the page and send it again.") from None
    return True
