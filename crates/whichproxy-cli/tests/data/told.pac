function FindProxyForURL(url, host) {
  alert(url + " " + host);
  return "DIRECT";
}
