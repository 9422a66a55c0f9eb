function FindProxyForURL(url, host) {
  alert("on my way");
  return undefinedName;
}
