"""A simulated storage account: Blob Storage over TLS, with tokens, roles and user delegation SAS."""
