function FindProxyForURLEx(url, host) {
  return 'PROXY ex.example:8080';
}
