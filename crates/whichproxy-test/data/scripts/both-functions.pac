function FindProxyForURL(url, host) {
  return 'PROXY old.example:8080';
}

function FindProxyForURLEx(url, host) {
  return 'PROXY ex.example:8080';
}
