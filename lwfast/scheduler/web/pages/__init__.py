"""The dashboard's pages: HTML that the server makes, behind the same token as the API."""
