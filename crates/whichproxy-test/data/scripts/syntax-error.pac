function FindProxyForURL(url, host) {
  return 'DIRECT' 'PROXY a:1';
}
