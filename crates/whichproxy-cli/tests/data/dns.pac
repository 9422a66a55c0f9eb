function FindProxyForURL(url, host) { return "PROXY " + (dnsResolve(host) || "none.example") + ":80"; }
