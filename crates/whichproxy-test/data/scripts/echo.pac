// Tells what it is told.
function FindProxyForURL(url, host) {
  alert('url=' + url + ' host=' + host);
  return 'DIRECT';
}
