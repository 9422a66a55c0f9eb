"""HTTP clients that ask a ``Resolver`` for each request.

Each module needs its client, and nothing else of them does: ``requests``,
``httpx``, ``aiohttp``, ``urllib``. Each tries the routes of a URL in order,
by the rules of the resolver's client: which failures move on, and for how
long a proxy that failed is put aside (``Attempts``).

What was begun is not sent twice: once a request may have reached a server,
the next route is tried only where its method may be repeated (``GET``,
``HEAD``, ``OPTIONS``, ``TRACE``, ``PUT``, ``DELETE``) and its body can be.
"""
