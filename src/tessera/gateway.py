"""File servers: SFTP, FTPS and SMTP listeners. They come with partner connections; until then nothing listens."""
