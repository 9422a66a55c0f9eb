function FindProxyForURL(url, host) { return 8080; }
