A jail from the command line: made, listed, entered, changed, removed.

# jail -c name=web path=/run/tree host.hostname=web.example.com persist
# jls
   JID  IP Address      Hostname                      Path
     1                  web.example.com               /run/tree
# jls -N
 JID             IP Address      Hostname                      Path
 web                             web.example.com               /run/tree
# jls -v
   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  web.example.com               /run/tree
        web                           ACTIVE
        1
# jls -n name path persist host.hostname ip4 ip4.addr
name=web path=/run/tree persist host.hostname=web.example.com ip4=disable ip4.addr=
# jls name host.hostname
web web.example.com
# jls -h jid name
jid name
1 web
# jexec web hostname
web.example.com
# jexec web id
uid=0(root) gid=0(root)
# jexec web sh -c 'exit 3'
[exit 3]
# jail -m name=web host.hostname=www.example.com
# jexec web hostname
www.example.com
# jail -r web
# jls
   JID  IP Address      Hostname                      Path
