The standard displays of jls(8), to the column: what is cut, what is not, and what has no name.

# jls
   JID  IP Address      Hostname                      Path
# jls -N
 JID             IP Address      Hostname                      Path
# jls -v
   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
# jail -c name=a-name-that-is-longer-than-its-column path=/run/tree host.hostname=a-host-whose-name-is-long.example.org persist
# jail -c path=/run/tree ip4.addr=127.0.0.1,127.0.0.2 ip6.addr=::1 persist
# jail -c name=six path=/run/tree ip6.addr=::1 host.hostname=six persist
# jls
   JID  IP Address      Hostname                      Path
     1                  a-host-whose-name-is-long.exa /run/tree
     2  127.0.0.1                                     /run/tree
     3                  six                           /run/tree
# jls -N
 JID             IP Address      Hostname                      Path
 a-name-that-is-longer-than-its-column                 a-host-whose-name-is-long.exa /run/tree
 2               127.0.0.1                                     /run/tree
 six                             six                           /run/tree
# jls -v
   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  a-host-whose-name-is-long.exa /run/tree
        a-name-that-is-longer-than-it ACTIVE
        1
     2                                /run/tree
        2                             ACTIVE
        2
        127.0.0.1
        127.0.0.2
        ::1
     3  six                           /run/tree
        six                           ACTIVE
        3
        ::1
# jls -v -j six name
six
# jls -d -N -j 2
 JID             IP Address      Hostname                      Path
 2               127.0.0.1                                     /run/tree
# jls name nopersist allow.nomlock dying
a-name-that-is-longer-than-its-column true false false
2 true false false
six true false false
# jls -n dying persist
nodying persist
nodying persist
nodying persist
# jls -h jid name ip6.addr
jid name ip6.addr
1 a-name-that-is-longer-than-its-column -
2 2 ::1
3 six ::1
# jls -s -h jid
jid
jid=1
jid=2
jid=3
# jls -h -s jid
jid=1
jid=2
jid=3
# jls -j 0
jls: jail "0" not found
[exit 1]
# jls -j nobody
jls: jail "nobody" not found
[exit 1]
# jls -c -j 0
[exit 1]
# jls no.such
jls: unknown parameter: no.such
[exit 1]
# jls -c -q -j six
usage: jls [--libxo json|xml[,pretty]] [-dhNnqsv] [-j jail] [param ...]
       jls -c [-d] -j jail
[exit 1]
# jls --libxo xml
<jail-information version="2"><jail><jid>1</jid><ipv4></ipv4><hostname>a-host-whose-name-is-long.example.org</hostname><path>/run/tree</path></jail><jail><jid>2</jid><ipv4>127.0.0.1</ipv4><hostname></hostname><path>/run/tree</path></jail><jail><jid>3</jid><ipv4></ipv4><hostname>six</hostname><path>/run/tree</path></jail></jail-information>
# jls --libxo:XP -j 2 jid name ip4.addr ip6.addr persist
<jail-information version="2">
  <jail>
    <jid>2</jid>
    <name>2</name>
    <ip4.addr>127.0.0.1</ip4.addr>
    <ip4.addr>127.0.0.2</ip4.addr>
    <ip6.addr>::1</ip6.addr>
    <persist>true</persist>
  </jail>
</jail-information>
# jls --libxo html
jls: --libxo html: not supported on this system: ask for json or xml
[exit 1]
# jls --libxo yaml
usage: jls [--libxo json|xml[,pretty]] [-dhNnqsv] [-j jail] [param ...]
       jls -c [-d] -j jail
[exit 1]
# jls -J
jls: unrecognized option: J
usage: jls [--libxo json|xml[,pretty]] [-dhNnqsv] [-j jail] [param ...]
       jls -c [-d] -j jail
[exit 1]
# jls --libxo text jid
1
2
3
# jail -q -R '*'
