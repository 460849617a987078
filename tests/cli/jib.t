jib, as hooks of jail.conf files use it. The MAC addresses are the same every time.

# ifconfig epair0 create name eth0 ether 02:00:00:00:00:01
eth0
# jib addm web eth0
# ifconfig -l
lo epair0b eth0 eth0bridge e0b_web e0a_web
# ifconfig eth0bridge | grep member
	member: eth0
	member: e0a_web
# ifconfig e0a_web | grep ether; ifconfig e0b_web | grep ether
	ether 02:cf:39:a1:2d:0a
	ether 02:cf:39:a1:2d:0b
# jib addm web eth0
# jib show
web
# jib show web
e0a_web
# ifconfig epair1 create name eth1 ether 02:00:00:00:00:02; jib addm -b br two eth1; ifconfig -l
eth1
lo epair0b eth0 eth0bridge e0b_web e0a_web epair1b eth1 eth1br e0b_two e0a_two
# jib show two
e0a_two
# jib destroy web; jib show
two
# jib addm web eth0; ifconfig e0a_web | grep ether; ifconfig e0b_web | grep ether
	ether 02:cf:39:a1:2d:0a
	ether 02:cf:39:a1:2d:0b
# jib addm db nope
jib: interface nope does not exist
[exit 1]
# jib addm web
jib: usage: jib addm [-b BRIDGE_NAME] NAME interface0 [interface1 ...]
[exit 1]
# jib destroy 'no/name'
jib: usage: jib destroy NAME
[exit 1]
# jib add web eth0
Usage: jib action [arguments]
Actions:
	addm [-b BRIDGE_NAME] NAME interface0 [interface1 ...]
		Creates e0b_NAME [e1b_NAME ...]
	show [NAME]
		Lists names, or e0a_NAME [e1a_NAME ...]
	destroy NAME
		Destroys e0b_NAME [e1b_NAME ...]
[exit 1]
# jail -c name=web vnet vnet.interface=e1b_web persist path=/run/tree exec.prestart='jib addm web eth0 eth1'
# ifconfig -j web -l; jail -r web; jib destroy web
lo e1b_web
# for i in eth0bridge eth1br eth1bridge eth0 eth1; do ifconfig $i destroy; done; jib destroy two; ifconfig -l
lo
