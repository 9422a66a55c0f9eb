function FindProxyForURL(url, host) {
  return eval("'DIRECT'");
}
