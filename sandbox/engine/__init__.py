"""The durable engine of the sandbox: Microsoft's in-memory backend on one virtual clock, with its limits mended."""
