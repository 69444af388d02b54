"""Counterparts of two object stores on loopback: the REST calls of Azure Blob Storage, and the XML ones of Google's.

Run as a program, so that its memory is not that of the tests: `python object_servers.py google|azure FOLDER`. It checks
signatures and tokens as the real ones do, and keeps objects as files.
"""

import base64
import hashlib
import hmac
import re
import shutil
import sys
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "shelf"
EMAIL = "exports@harbour.example"
ACCOUNT, ACCOUNT_KEY = (
    "harbour",
    base64.b64encode(b"a key of sixty-four bytes, as long as the real ones are: 64").decode(),
)
SAS = "sv=2024-11-04&sp=rwdl&sig=a-signature-of-the-counterpart"
LOCK = threading.Lock()


class Shelf:
    """Objects of one bucket: a file each, named by the digest of its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys: dict[str, datetime] = {}
        self.parts: dict[str, dict[str, bytes]] = {}
        self.shared: dict[str, Path] = {}

    def path(self, key: str) -> Path:
        return self.shared.get(key) or self.folder / hashlib.sha256(key.encode()).hexdigest()

    def put(self, key: str, chunks: list[bytes]) -> str:
        made = hashlib.md5(usedforsecurity=False)
        with self.path(key).open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                made.update(chunk)
        self.keys[key] = datetime.now(UTC)
        return f'"{made.hexdigest()}"'

    def copy(self, source: str, target: str) -> bool:
        if source not in self.keys:
            return False
        shutil.copyfile(self.path(source), self.path(target))
        self.keys[target] = datetime.now(UTC)
        return True

    def list(self, prefix: str, after: str, most: int) -> tuple[list[str], bool]:
        found = sorted(
            (key for key in self.keys if key.startswith(prefix) and key.encode() > after.encode()),
            key=lambda key: key.encode(),
        )
        return found[:most], len(found) > most


class Handler(BaseHTTPRequestHandler):
    """What both have in common: reading requests, answering with objects."""

    protocol_version = "HTTP/1.1"
    shelf: ClassVar[Shelf]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        pass

    def answer(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.get("length") or str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def fail(self, status: int, code: str) -> None:
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>")

    def handle_call(self) -> None:
        url = urlsplit(self.path)
        self.raw_path = url.path
        self.query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with LOCK:
            if self.raw_path == "/-/fill":
                self.fill()
            else:
                self.serve()

    def fill(self) -> None:
        """Make many small objects at once; no part of the real thing."""
        first, count = self.query["first"], int(self.query["count"])
        self.shelf.put(first, [b"x"])
        for number in range(1, count):
            key = first.replace("00000", f"{number:05}")
            self.shelf.keys[key], self.shelf.shared[key] = self.shelf.keys[first], self.shelf.path(first)
        self.answer(200)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_call  # noqa: N815 - the library's names

    def serve(self) -> None:
        raise NotImplementedError

    def give(self, key: str, missing: str) -> None:
        if key not in self.shelf.keys:
            self.fail(404, missing)
            return
        data, moment = self.shelf.path(key).read_bytes(), self.shelf.keys[key]
        headers = {"Last_Modified": format_datetime(moment, usegmt=True), "ETag": '"1"'}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or self.headers.get("x-ms-range") or "")
        if wanted is None:
            self.answer(200, data, **headers)
            return
        start, end = int(wanted[1]), int(wanted[2] or len(data) - 1)
        part = data[start : end + 1]
        self.answer(206, part, Content_Range=f"bytes {start}-{start + len(part) - 1}/{len(data)}", **headers)


class Google(Handler):
    """The XML calls of Google Cloud Storage, opened with the token of a service account."""

    public_key: ClassVar[str]

    def serve(self) -> None:
        if not self.is_signed():
            self.fail(401, "AuthenticationRequired")
            return
        bucket, _, key = unquote(self.raw_path).lstrip("/").partition("/")
        if bucket != BUCKET:
            self.fail(404, "NoSuchBucket")
        elif not key:
            self.list()
        else:
            self.object(key)

    def is_signed(self) -> bool:
        """Check the token that the service account signed for itself."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            token = jwt.decode(given, RSAKey.import_key(self.public_key), algorithms=["RS256"])
        except (JoseError, ValueError):
            return False
        return token.claims.get("iss") == EMAIL

    def list(self) -> None:
        asked = self.query
        after = asked.get("continuation-token") or asked.get("start-after") or ""
        found, more = self.shelf.list(asked.get("prefix", ""), after, min(int(asked.get("max-keys") or 1000), 1000))
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{self.shelf.path(key).stat().st_size}</Size>"
            f"<LastModified>{self.shelf.keys[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified><ETag>1</ETag></Contents>"
            for key in found
        )
        token = f"<NextContinuationToken>{escape(found[-1])}</NextContinuationToken>" if more else ""
        head = "<?xml version='1.0' encoding='UTF-8'?>"
        self.answer(
            200,
            f"{head}<ListBucketResult>{items}<IsTruncated>{str(more).lower()}</IsTruncated>{token}</ListBucketResult>",
        )

    def object(self, key: str) -> None:
        asked, shelf = self.query, self.shelf
        if self.command in ("GET", "HEAD"):
            self.give(key, "NoSuchKey")
        elif self.command == "POST" and "uploads" in asked:
            upload = f"upload-{len(shelf.parts)}"
            shelf.parts[upload] = {}
            self.answer(
                200,
                f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>",
            )
        elif self.command == "PUT" and "uploadId" in asked:
            self.keep_part(asked["uploadId"], asked["partNumber"])
        elif self.command == "POST":
            numbers = re.findall(r"<PartNumber>(\d+)</PartNumber>", self.body.decode())
            parts = shelf.parts.pop(asked["uploadId"])
            tag = shelf.put(key, [parts[number] for number in numbers])
            self.answer(200, f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>")
        elif self.command == "DELETE" and "uploadId" in asked:
            shelf.parts.pop(asked["uploadId"], None)
            self.answer(204)
        elif self.command == "DELETE":
            self.answer(404 if shelf.keys.pop(key, None) is None else 204)
        else:
            self.store(key)

    def keep_part(self, upload: str, number: str) -> None:
        if upload not in self.shelf.parts:
            self.fail(404, "NoSuchUpload")
            return
        self.shelf.parts[upload][number] = self.body
        self.answer(200, ETag=f'"{number}"')

    def store(self, key: str) -> None:
        source = self.headers.get("x-goog-copy-source")
        if source is None:
            self.answer(200, ETag=self.shelf.put(key, [self.body]))
        elif self.shelf.copy(unquote(source).lstrip("/").partition("/")[2], key):
            self.answer(200, "<CopyObjectResult><ETag>1</ETag></CopyObjectResult>", ETag='"1"')
        else:
            self.fail(404, "NoSuchKey")


class Azure(Handler):
    """The REST calls of Azure Blob Storage, signed with the account's key or opened with a token."""

    def serve(self) -> None:
        if not self.is_signed():
            self.fail(403, "AuthenticationFailed")
            return
        container, _, key = unquote(self.raw_path).lstrip("/").partition("/")
        if container != BUCKET:
            self.fail(404, "ContainerNotFound")
        elif self.query.get("comp") == "batch":
            self.delete_many()
        elif not key:
            self.list()
        else:
            self.blob(key)

    def delete_many(self) -> None:
        """Delete the blobs that the parts of a batch name, and answer each in a part of its own."""
        answers = []
        for number, target in enumerate(re.findall(rb"DELETE (\S+) HTTP/1.1", self.body)):
            key = unquote(urlsplit(target.decode()).path).lstrip("/").partition("/")[2]
            status = "404 Not Found" if self.shelf.keys.pop(key, None) is None else "202 Accepted"
            code = "x-ms-error-code: BlobNotFound\r\n" if status.startswith("404") else ""
            answers.append(
                f"--answers\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
                f"HTTP/1.1 {status}\r\n{code}x-ms-request-id: {number}\r\n\r\n"
            )
        body = "".join(answers) + "--answers--\r\n"
        self.answer(202, body, Content_Type="multipart/mixed; boundary=answers")

    def is_signed(self) -> bool:
        if "sig" in self.query:
            return all(self.query.get(name) == value for name, value in parse_qsl(SAS))
        names: tuple[str, ...] = (
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-MD5",
            "Content-Type",
            "Date",
        )
        names += ("If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range")
        values = [self.headers.get(name, "") for name in names]
        values[2] = "" if values[2] == "0" else values[2]
        ours = {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("x-ms-")}
        headers = [f"{name}:{ours[name]}" for name in sorted(ours)]
        lower = {name.lower(): value for name, value in self.query.items()}
        query = [f"{name}:{lower[name]}" for name in sorted(lower)]
        text = "\n".join([self.command, *values, *headers, f"/{ACCOUNT}{self.raw_path}", *query])
        proof = hmac.digest(base64.b64decode(ACCOUNT_KEY), text.encode(), "sha256")
        wanted = f"SharedKey {ACCOUNT}:{base64.b64encode(proof).decode()}"
        return hmac.compare_digest(self.headers.get("Authorization", ""), wanted)

    def list(self) -> None:
        asked = self.query
        most = min(int(asked.get("maxresults") or 5000), 5000)
        # The real one begins with the name that `startFrom` gives, if there is one.
        start = asked.get("startFrom", "").encode()
        after = bytes.fromhex(asked["marker"]).decode() if asked.get("marker") else start[:-1].decode("utf-8", "ignore")
        found, more = self.shelf.list(asked.get("prefix", ""), after, most)
        items = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties>"
            f"<Last-Modified>{format_datetime(self.shelf.keys[key], usegmt=True)}</Last-Modified><Etag>1</Etag>"
            f"<Content-Length>{self.shelf.path(key).stat().st_size}</Content-Length>"
            "<Content-Type>application/octet-stream</Content-Type></Properties></Blob>"
            for key in found
        )
        marker = found[-1].encode().hex() if more else ""
        head = "<?xml version='1.0' encoding='utf-8'?>"
        self.answer(
            200,
            f"{head}<EnumerationResults><Blobs>{items}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>",
        )

    def blob(self, key: str) -> None:
        asked, shelf = self.query, self.shelf
        if self.command in ("GET", "HEAD"):
            self.give(key, "BlobNotFound")
        elif self.command == "DELETE":
            if shelf.keys.pop(key, None) is None:
                self.fail(404, "BlobNotFound")
            else:
                self.answer(202)
        elif asked.get("comp") == "block":
            shelf.parts.setdefault(key, {})[asked["blockid"]] = self.body
            self.answer(201)
        elif asked.get("comp") == "blocklist":
            blocks = re.findall(r"<(?:Uncommitted|Latest)>([^<]+)</", self.body.decode())
            parts = shelf.parts.pop(key, {})
            self.answer(201, ETag=shelf.put(key, [parts[block] for block in blocks]))
        elif "x-ms-copy-source" in self.headers:
            source = unquote(urlsplit(self.headers["x-ms-copy-source"]).path).lstrip("/").partition("/")[2]
            if shelf.copy(source, key):
                self.answer(202, x_ms_copy_status="success", ETag='"1"')
            else:
                self.fail(404, "BlobNotFound")
        elif self.headers.get("x-ms-blob-type") == "BlockBlob":
            self.answer(201, ETag=shelf.put(key, [self.body]))
        else:
            self.fail(400, "InvalidHeaderValue")


class Server(ThreadingHTTPServer):
    """Says nothing about clients that went away."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def main(kind: str, folder: str) -> None:
    handler = {"google": Google, "azure": Azure}[kind]
    handler.shelf = Shelf(Path(folder))
    if kind == "google":
        Google.public_key = Path(folder, "public.pem").read_text()
    server = Server(("127.0.0.1", 0), handler)
    print(server.server_address[1], flush=True)  # noqa: T201 - the port, for whoever started it
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
