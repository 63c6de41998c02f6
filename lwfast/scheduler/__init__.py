"""The local scheduler: the reference wire on loopback, a durable queue, workers, a dashboard.

Needs the extra `server` (Starlette and uvicorn). `lwfast.scheduler.server.serve` is the way in.
"""
