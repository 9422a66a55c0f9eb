// Fails before any function is called.
var list = undefinedVariable.list;
function FindProxyForURL(url, host) {
  return 'DIRECT';
}
