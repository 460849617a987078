FreeBSD's ifconfig and route on the host, as hooks of jail.conf files use them. RUNNING comes a moment
after UP, so that the line with the flags is only shown where it is sure.

# ifconfig -l
lo
# ifconfig epair create
epair0a
# ifconfig epair create up
epair1a
# ifconfig epair0 create
ifconfig: SIOCIFCREATE2 (epair0): File exists
[exit 1]
# ifconfig bridge0 create
# ifconfig bridge0 addm epair0a addm epair1a up
# ifconfig bridge0 addm epair0a
ifconfig: BRDGADD epair0a: File exists
[exit 1]
# ifconfig bridge0 addm nope
ifconfig: BRDGADD nope: No such file or directory
[exit 1]
# ifconfig bridge0 inet 10.0.0.1/24
# ifconfig bridge0 inet 10.0.0.9 netmask 255.255.255.255 alias
# ifconfig bridge0 inet6 2001:db8::1 prefixlen 64
# ifconfig epair0a up description uplink
# ifconfig epair0b up
# ifconfig epair0a | grep -v -e ether -e inet6 -e flags
	description: uplink
	groups: epair
	status: active
# ifconfig bridge0 | grep -v -e ether -e fe80 -e flags
	inet 10.0.0.1 netmask 0xffffff00 broadcast 10.0.0.255
	inet 10.0.0.9 netmask 0xffffffff
	inet6 2001:db8::1 prefixlen 64
	member: epair0a
	member: epair1a
	groups: bridge
	status: active
# ifconfig bridge0 inet6 | grep -v -e fe80 -e flags
	inet6 2001:db8::1 prefixlen 64
# ifconfig bridge0 inet 10.0.0.2/24; ifconfig bridge0 inet | grep -v flags
	inet 10.0.0.9 netmask 0xffffffff
	inet 10.0.0.2 netmask 0xffffff00 broadcast 10.0.0.255
# ifconfig bridge0 inet 10.0.0.9 -alias; ifconfig bridge0 inet 10.0.0.9 -alias
ifconfig: ioctl (SIOCDIFADDR): Address not available
[exit 1]
# ifconfig bridge0 inet 10.0.0.3/24 alias; ifconfig bridge0 inet 10.0.0.2 delete; ifconfig bridge0 inet | grep -v flags
	inet 10.0.0.3 netmask 0xffffff00 broadcast 10.0.0.255
# ifconfig epair1a name web0 mtu 1400 ether 02:11:22:33:44:55 -descr
# ifconfig web0
web0: flags=8803<UP,BROADCAST,SIMPLEX,MULTICAST> metric 0 mtu 1400
	ether 02:11:22:33:44:55
	groups: epair
	status: no carrier
# ifconfig epair1a
ifconfig: interface epair1a does not exist
[exit 1]
# ifconfig -u -l
lo epair0b epair0a web0 bridge0
# ifconfig -d -l
epair1b
# ifconfig lo0 inet
lo: flags=1000049<UP,LOOPBACK,RUNNING,LOWER_UP> metric 0 mtu 65536
	inet 127.0.0.1 netmask 0xff000000
# route add default 10.0.0.254
add net default: gateway 10.0.0.254
# route add default 10.0.0.254
add net default: gateway 10.0.0.254 fib 0: route already in table
[exit 1]
# route add -net 10.20.0.0/16 10.0.0.254
add net 10.20.0.0: gateway 10.0.0.254
# route add 10.30.0.1 10.0.0.254
add host 10.30.0.1: gateway 10.0.0.254
# route -q add -net 10.21 -interface bridge0
# route -n get default
   route to: default
destination: default
       mask: default
    gateway: 10.0.0.254
        fib: 0
  interface: bridge0
      flags: <UP,GATEWAY,DONE>
# route get 10.20.1.1
   route to: 10.20.1.1
destination: 10.20.0.0
       mask: /16
    gateway: 10.0.0.254
        fib: 0
  interface: bridge0
      flags: <UP,GATEWAY,DONE>
# route add -inet6 default 2001:db8::fe
add net default: gateway 2001:db8::fe
# route delete default
delete net default
# route delete default
delete net default fib 0: not in table
[exit 1]
# route add -net 10.9.0.0/16 10.99.0.1
add net 10.9.0.0: gateway 10.99.0.1 fib 0: Nexthop has invalid gateway
[exit 1]
# ifconfig bridge0 deletem epair0a; ifconfig bridge0 deletem epair0a
ifconfig: BRDGDEL epair0a: No such file or directory
[exit 1]
# ifconfig epair0a destroy; ifconfig web0 destroy; ifconfig bridge0 destroy
# ifconfig epair0b
ifconfig: interface epair0b does not exist
[exit 1]
# ifconfig lo destroy
ifconfig: SIOCIFDESTROY: Not supported
[exit 1]
# ifconfig lo0 upp
ifconfig: upp: bad value, did you mean "up"?
[exit 1]
# ifconfig lo0 group jails
ifconfig: group: not supported on this system: interface groups have numbers here, not names
[exit 1]
# ifconfig lo0 addm
ifconfig: 'addm' requires argument
[exit 1]
# ifconfig lo0 inet
lo: flags=1000049<UP,LOOPBACK,RUNNING,LOWER_UP> metric 0 mtu 65536
	inet 127.0.0.1 netmask 0xff000000
# ifconfig sit create
ifconfig: SIOCIFCREATE2 (sit): Invalid argument (bridge, epair, lo, macvlan, tap, tun, vlan and vxlan can be created)
[exit 1]
# ifconfig lo0 vnet nope
ifconfig: jail "nope" not found
[exit 1]
# ifconfig -j nope -l
ifconfig: jail "nope" not found
[exit 1]
# route ad default 10.0.0.1
route: bad keyword: ad, did you mean "add"?
[exit 1]
# route add default
route: gateway missing
[exit 1]
# route add -net 10.0.0.300 10.0.0.1
route: bad address: 10.0.0.300
[exit 1]
# route -j nope get default
route: jail "nope" not found
[exit 1]
