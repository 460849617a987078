How jls(8) prints values: empty ones, lists, blanks, quotes.

# jail -c name=web path=/run/tree host.hostname='a b' persist meta.k="it's" meta.q='"x"'
# jls host.hostname host.domainname ip4.addr persist
a b "" - true
# jls -q host.hostname host.domainname ip4.addr persist meta.k meta.q
"a b" "" "" true "it's" '"x"'
# jls -n host.hostname host.domainname ip4.addr persist allow.mlock
host.hostname=a b host.domainname="" ip4.addr= persist allow.nomlock
# jls -nq host.hostname host.domainname ip4.addr persist meta.k
host.hostname="a b" host.domainname="" ip4.addr="" persist meta.k="it's"
# jls -s jid name host.hostname ip4.addr nopersist meta.none
jid=1 name=web host.hostname="a b" persist meta.none
# jls meta
q="x"
k=it's
# jls meta.k meta.none
it's ""
# jls -h name persist
name persist
web true
# jls -s
devfs_ruleset=0 enforce_statfs=2 env="" host=new ip4=disable ip6=disable jid=1 meta="q="x"
k=it's" name=web path=/run/tree persist securelevel=-1 sysvmsg=disable sysvsem=disable sysvshm=disable vnet=inherit allow.nomlock allow.nomount allow.mount.nodevfs allow.mount.nofdescfs allow.mount.nofusefs allow.mount.nolinprocfs allow.mount.nolinsysfs allow.mount.nonullfs allow.mount.noprocfs allow.mount.notmpfs allow.mount.nozfs allow.noraw_sockets allow.noread_msgbuf allow.reserved_ports allow.set_hostname allow.nosocket_af allow.suser allow.nosysvipc allow.unprivileged_proc_debug allow.novmm children.max=0 host.domainname="" host.hostid=0 host.hostname="a b" host.hostuuid=00000000-0000-0000-0000-000000000000
# jls -N -v
   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  a b                           /run/tree
        web                           ACTIVE
        1
# jls -v -N
   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  a b                           /run/tree
        web                           ACTIVE
        1
# jls -c -j web
# jls -c -j nobody
[exit 1]
# jls -n -h all | head -n 1 | cut -d' ' -f1-8
devfs_ruleset dying enforce_statfs env host ip4 ip6 jid
# jail -r web
