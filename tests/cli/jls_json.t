jls(8) for programs.

# jail -c name=web path=/run/tree host.hostname='a "b"' persist meta.owner=ops env.TZ=UTC
# jail -c name=db path=/run/tree persist ip4.addr=127.0.0.1 ip6.addr=::1
# jls --libxo json
{"__version":"2","jail-information":{"jail":[{"jid":1,"ipv4":"","hostname":"a \"b\"","path":"/run/tree"},{"jid":2,"ipv4":"127.0.0.1","hostname":"","path":"/run/tree"}]}}
# jls --libxo json,pretty
{
  "__version": "2",
  "jail-information": {
    "jail": [
      {
        "jid": 1,
        "ipv4": "",
        "hostname": "a \"b\"",
        "path": "/run/tree"
      },
      {
        "jid": 2,
        "ipv4": "127.0.0.1",
        "hostname": "",
        "path": "/run/tree"
      }
    ]
  }
}
# jls --libxo json -v
{"__version":"2","jail-information":{"jail":[{"jid":1,"hostname":"a \"b\"","path":"/run/tree","name":"web","state":"ACTIVE","cpusetid":1,"ipv4-addrs":[],"ipv6-addrs":[]},{"jid":2,"hostname":"","path":"/run/tree","name":"db","state":"ACTIVE","cpusetid":2,"ipv4-addrs":["127.0.0.1"],"ipv6-addrs":["::1"]}]}}
# jls --libxo:JP -j web jid name host.hostname persist ip4.addr meta env
{
  "__version": "2",
  "jail-information": {
    "jail": [
      {
        "jid": 1,
        "name": "web",
        "host.hostname": "a \"b\"",
        "persist": true,
        "ip4.addr": [],
        "meta": "owner=ops",
        "env": "TZ=UTC"
      }
    ]
  }
}
# jls --libxo json -j db ip4.addr ip6.addr ip4 allow.mlock
{"__version":"2","jail-information":{"jail":[{"ip4.addr":["127.0.0.1"],"ip6.addr":["::1"],"ip4":"new","allow.mlock":false}]}}
# jail -p1 -R '*'
db: removed
web: removed
# jls --libxo json
{"__version":"2","jail-information":{"jail":[]}}
