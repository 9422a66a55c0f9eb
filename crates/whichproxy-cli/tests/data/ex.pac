// café
function FindProxyForURL(url, host) { return "DIRECT"; }
function FindProxyForURLEx(url, host) { return "PROXY ex.example:80"; }
