function FindProxyForURL(url, host) {
  if (isPlainHostName(host)) return "DIRECT";
  if (isInNet(myIpAddress(), "10.1.0.0", "255.255.0.0")) {
    return "PROXY office.example:8080; DIRECT";
  }
  if (isResolvable("inside.example")) return "SOCKS5 inside.example:1080";
  return "PROXY outside.example:8080";
}
