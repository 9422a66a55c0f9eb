// No FindProxyForURL here.
var answer = 'DIRECT';
