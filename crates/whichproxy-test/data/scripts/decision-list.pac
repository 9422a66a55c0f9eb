// The shape of most published scripts.
function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, '.intranet.example')) {
    return 'DIRECT';
  }
  if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
  return 'PROXY proxy.corp.example:8080; DIRECT';
}
