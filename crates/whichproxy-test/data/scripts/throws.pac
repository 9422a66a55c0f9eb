// Reads well, and fails when asked.
function FindProxyForURL(url, host) {
  return undefinedFunction(host);
}
