"""Partner files over SFTP, FTPS and e-mail. They come with partner connections."""
