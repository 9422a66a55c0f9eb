function FindProxyForURL() { alert("hello\u001b[2J"); return "PROXY a.example; QUIC b.example; PROXY"; }
