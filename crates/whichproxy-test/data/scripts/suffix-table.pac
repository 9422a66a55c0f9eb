// Looks the host up, then each of its suffixes.
var domains = { 'blocked.example': 1, 'other.example': 1 };

function FindProxyForURL(url, host) {
  var suffix = host;
  for (;;) {
    if (domains.hasOwnProperty(suffix)) return 'PROXY block.example:1';
    var dot = suffix.indexOf('.');
    if (dot < 0) return 'DIRECT';
    suffix = suffix.substring(dot + 1);
  }
}
