// What http://pac.contoso.example/proxy.pac serves to managed devices.
function FindProxyForURL(url, host) {
  // Our own servers, and whatever is inside by address.
  if (isPlainHostName(host) || dnsDomainIs(host, ".contoso.example")) {
    return "DIRECT";
  }
  if (shExpMatch(host, "*.microsoft.com")) {
    return "PROXY cloud-proxy.contoso.example:8080; DIRECT";
  }
  // Guests get the filtering proxy.
  if (isInNet(myIpAddress(), "10.66.0.0", "255.255.0.0")) {
    return "PROXY guest-proxy.contoso.example:8080";
  }
  return "PROXY proxy.contoso.example:8080; PROXY proxy2.contoso.example:8080";
}
