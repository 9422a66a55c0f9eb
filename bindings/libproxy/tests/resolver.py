"""Asks GLib's resolver of proxies about the URLs that it is given."""

import sys

from gi.repository import Gio

resolver = Gio.ProxyResolver.get_default()
print(type(resolver).__name__)
for url in sys.argv[1:]:
    print(url, *resolver.lookup(url, None))
