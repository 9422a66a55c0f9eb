// café
function FindProxyForURL(url, host) {
  alert('café');
  return 'PROXY 10.0.0.8:8080';
}
