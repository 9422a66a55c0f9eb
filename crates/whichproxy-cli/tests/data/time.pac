function FindProxyForURL(url, host) {
  return timeRange(9, 17) ? "PROXY day.example:80" : "DIRECT";
}
