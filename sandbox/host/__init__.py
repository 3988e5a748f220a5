"""A stand-in for the Azure Functions host: it runs an unmodified function app in a process of its own.

It talks to the world by gRPC (the durable engine) and HTTP only, so that it can be killed and started again.
"""
